// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Elements. Text always arrives as text nodes: what clients put into metadata is never markup.

const $ = (id) => document.getElementById(id);

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name.startsWith('--')) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Replace the children, keeping the keyboard's place: what had the focus has it again.
function fill(parent, ...children) {
  const key = parent.contains(document.activeElement) && document.activeElement.dataset.key;
  parent.replaceChildren(...children.flat());
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

function row(columns) {
  return h('tr', null, columns.map(([title, className]) =>
    h('th', { scope: 'col', class: className }, title)));
}

function table(element, columns, rows, empty) {
  const body = rows.length
    ? rows
    : [h('tr', null, h('td', { class: 'empty', colspan: columns.length }, empty))];
  fill(element, h('thead', null, row(columns)), h('tbody', null, body));
}

function facts(element, pairs) {
  fill(element, pairs.filter(([, value]) => value !== null && value !== undefined)
    .flatMap(([name, value]) => [h('dt', null, name), h('dd', null, value)]));
}

function meter(used, slots) {
  const share = slots > 0 ? used / slots : 0;
  const level = share >= 0.95 ? 'meter full' : share >= 0.8 ? 'meter high' : 'meter';
  const bar = h('i');
  bar.style.width = `${Math.min(100, share * 100)}%`;
  return [h('span', { class: level, title: `${number(used)} of ${number(slots)} slots` }, bar),
    h('span', null, percent(share))];
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
