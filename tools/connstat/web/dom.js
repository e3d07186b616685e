// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Makes elements of the page. All text goes into text nodes, so nothing that a client put into its
// metadata becomes markup. Characters that could hide or reorder text are spelt out (\n, \e,
// \u{202e}), as the command does on a terminal.

const $ = (id) => document.getElementById(id);

const unsafe = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u180e\\u200b-\\u200f' +
  '\\u2028-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e0fff}]', 'gu');
const short_escapes = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x1b': '\\e' };
const escaped = (one) => `\\u{${one.codePointAt(0).toString(16)}}`;

const safe = (text) => String(text).replaceAll('\\', '\\\\')
  .replace(unsafe, (one) => short_escapes[one] ?? escaped(one));

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name.startsWith('--')) element.style.setProperty(name, value);
    else if (name === 'title') element.setAttribute(name, String(value).replace(unsafe, escaped));
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined)
    .map((child) => typeof child === 'string' ? safe(child) : child));
  return element;
}

// For text in which such characters are spelt out already, by the server or by quoted(): h() would
// do it a second time.
const verbatim = (text) => document.createTextNode(text);

function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Replaces the children of parent. If one of them had the focus, the new one with the same data-key
// gets it, so that whoever uses the keyboard does not lose the place.
function fill(parent, ...children) {
  const key = parent.contains(document.activeElement) && document.activeElement.dataset.key;
  parent.replaceChildren(...children.flat());
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

// The heading of a column. A column with a name can be sorted by: a press on the heading does it,
// or calls `press` where the server sorts. `order` is how it is sorted now in that case; `again`
// redraws the table.
function heading(element, { title, className, name, press, order }, again) {
  const sorted = name && (order ?? sorting.of(element.id));
  const state = sorted && (order || sorted.column === name)
    ? ((order ?? sorted).reversed ? 'ascending' : 'descending') : null;
  const inside = name
    ? h('button', { type: 'button', class: 'sort', 'data-key': `sort-${name}`,
      onclick: () => { if (press) press(); else sorting.press(element.id, name); again(); } },
    title, h('span', { class: 'mark', 'aria-hidden': 'true' }, state ? (state === 'ascending' ? '▲' : '▼') : ''))
    : title || h('span', { class: 'hidden-text' }, 'share');
  return h('th', { scope: 'col', class: className, 'aria-sort': state }, inside);
}

// Fills a table with rows of { key, element, values }; values are there if the page may sort them.
// While the pointer or the focus is in the table the rows keep their places, so that nobody presses
// a row that has just moved under the pointer.
function table(element, columns, rows, empty, again) {
  const sortable = rows.length > 0 && rows[0].values;
  const ordered = !sortable ? rows : holds(element) ? keepPlaces(element, rows) : sortRows(element, rows);
  element.keys = ordered.map((row) => row.key);
  const body = ordered.length
    ? ordered.map((row) => row.element)
    : [h('tr', null, h('td', { class: 'empty', colspan: columns.length }, empty))];
  fill(element, h('thead', null, h('tr', null, columns.map((column) => heading(element, column, again)))),
    h('tbody', null, body));
}

const holds = (element) => Boolean(element.querySelector('tbody:hover')) ||
  Boolean(element.tBodies[0]?.contains(document.activeElement));

function keepPlaces(element, rows) {
  const place = new Map((element.keys ?? []).map((key, i) => [key, i]));
  return [...rows].sort((a, b) => (place.get(a.key) ?? Infinity) - (place.get(b.key) ?? Infinity) || 0);
}

// The usual order of a column: the largest number first, or words from A to Z. Rows without a value
// come last in either direction.
function sortRows(element, rows) {
  const order = sorting.of(element.id);
  if (!order) return rows;
  const compare = (a, b) => {
    const x = a.values[order.column] ?? null, y = b.values[order.column] ?? null;
    if (x === null || y === null) return (x === null) - (y === null);
    const compared = typeof x === 'string' ? x.localeCompare(y) : y - x;
    return order.reversed ? -compared : compared;
  };
  return [...rows].sort(compare);
}

function facts(element, pairs) {
  fill(element, pairs.filter(([, value]) => value !== null && value !== undefined)
    .flatMap(([name, value]) => [h('dt', null, name), h('dd', null, value)]));
}

function meter(used, slots) {
  const share = slots > 0 ? used / slots : 0;
  const level = share >= 1 ? 'meter full' : share > 7 / 8 ? 'meter high' : 'meter';
  const bar = h('i');
  bar.style.width = `${Math.min(100, share * 100)}%`;
  return [h('span', { class: level, title: `${number(used)} of ${number(slots)} slots` }, bar),
    h('span', { class: share >= 1 ? 'bad' : share > 7 / 8 ? 'warn' : '' }, percent(used, slots))];
}

function sparkline(values, color) {
  const known = values.filter((value) => value !== null);
  const high = Math.max(1, ...known), low = Math.min(0, ...known);
  const points = values
    .map((value, i) => value === null ? null
      : `${(i / Math.max(1, values.length - 1) * 100).toFixed(1)},${(21 - (value - low) / (high - low) * 20).toFixed(1)}`)
    .filter((point) => point).join(' ');
  const line = svg('polyline', { points });
  const image = svg('svg', { viewBox: '0 0 100 22', preserveAspectRatio: 'none', class: 'spark', 'aria-hidden': 'true' }, line);
  if (color) image.style.setProperty('--c', color);
  return image;
}
