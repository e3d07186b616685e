// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The table of entries, with its filters, pages and groups.

// after: for each page beyond the first the place after which it begins, as the server named it. A
// reload knows this of the page in the address alone: of those before it `after` holds null.
const entries = { after: [], next: null, abort: null, fields: new Set(), size: 25 };

// [parameter of the API, id of the form's field that it is entered in]
const filter_fields = [['type', 'filter-type'], ['search', 'filter-search'], ['where', 'filter-where'],
  ['key', 'filter-key'], ['worker', 'filter-worker'], ['older', 'filter-older'], ['idle', 'filter-idle'],
  ['group_by', 'filter-group']];

function filterParameters() {
  const parameters = [];
  for (const [name, id] of filter_fields) {
    const value = $(id).value.trim();
    if (value) parameters.push([name, value]);
  }
  return parameters;
}

const oldestFirst = () => address.get('order') === 'oldest';
const placeAfter = () => entries.after[entries.after.length - 1];

function keepInAddress() {
  const page = entries.after.length;
  address.set({ ...Object.fromEntries(filter_fields.map(([name, id]) => [name, $(id).value.trim()])),
    page: page ? String(page + 1) : '', after: placeAfter() ?? '' });
}

function entriesFromAddress() {
  for (const [name, id] of filter_fields) {
    const value = address.get(name);
    if (id === 'filter-type' && value && ![...$(id).options].some((option) => option.value === value))
      $(id).append(h('option', { value }, value));
    $(id).value = value;
  }
  const page = Number(address.get('page'));
  entries.after = page > 1 && page < 1e6 && address.get('after')
    ? [...Array(page - 2).fill(null), address.get('after')] : [];
}

async function entriesLoad() {
  entries.abort?.abort();
  entries.abort = new AbortController();
  const parameters = [...filterParameters(), ['limit', entries.size]];
  if (oldestFirst()) parameters.push(['order', 'oldest']);
  if (placeAfter()) parameters.push(['after', placeAfter()]);
  try {
    const answer = await ask('api/v1/entries', parameters, entries.abort.signal);
    markInvalid('');
    if (answer.groups) showGroups(answer);
    else showEntries(answer);
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    if (problem.status === 400) {
      markInvalid(problem.message);
      showNothing(problem.message);
    } else if (problem.status === 503 || problem.status === 404) {
      showNothing('There is no segment to read.');
    }
  }
}

// Marks the field that a refusal is about: the one whose name comes first in the server's message.
function markInvalid(message) {
  const places = filter_fields.map(([name]) => message.search(new RegExp(`\\b${name}\\b`)));
  const first = Math.min(...places.filter((place) => place >= 0));
  filter_fields.forEach(([, id], i) => {
    if (places[i] === first) $(id).setAttribute('aria-invalid', 'true');
    else $(id).removeAttribute('aria-invalid');
  });
}

function showNothing(text) {
  table($('entries'), [{ title: 'Type' }], [], text);
  $('entries-total').textContent = '';
  showPager(false, false, '');
}

function showPager(back, on, where) {
  $('page-back').disabled = !back;
  $('page-on').disabled = !on;
  $('page-back').textContent = oldestFirst() ? 'Older' : 'Newer';
  $('page-on').textContent = oldestFirst() ? 'Newer' : 'Older';
  $('page-place').textContent = where;
}

// Adds a condition to the filter "where". A blank means "and", and the server does not read it next
// to "|" (or) without parentheses; so conditions with a "|" get some.
function addCondition(condition) {
  const where = $('filter-where'), before = where.value.trim();
  const others = /\|/.test(before) ? `(${before})` : before;
  if (!` ${before} `.includes(` ${condition} `)) where.value = `${others} ${condition}`.trim();
  entriesRestart();
}

// What the kernel told of the sockets that somebody asked about, in words, by the entry's id.
const networks = new Map();

function networkWords(net) {
  if (net === null || typeof net === 'string') return net ?? 'no socket';
  const span = (ms) => ms < 1 ? `${Math.round(ms * 1000)} µs` : ms < 10000 ? `${tenths.format(ms)} ms` : duration(ms / 1000);
  const words = [['round trip', net.rtt_us && span(net.rtt_us / 1000)], ['sent again', net.retrans],
    ['waits to be read', bytes(net.recvq)], ['waits to be sent', bytes(net.sendq)],
    ['in', net.bytes_in !== null ? bytes(net.bytes_in) : null], ['out', net.bytes_out !== null ? bytes(net.bytes_out) : null],
    ['last in', net.last_rx_ms !== null ? `${span(net.last_rx_ms)} ago` : null],
    ['last out', net.last_tx_ms !== null ? `${span(net.last_tx_ms)} ago` : null], ['window', net.cwnd]];
  return [net.state, ...words.filter(([, value]) => value !== null).map(([title, value]) => `${title} ${value}`)].join(', ');
}

// Asks about the entry's socket; pressed again, closes that.
async function turnNetwork(entry) {
  if (!networks.delete(entry.id)) {
    try {
      const answer = await ask('api/v1/entries', [['net', '1'], ['where', `id=${entry.id}`], ['limit', 1]]);
      networks.set(entry.id, answer.entries.length ? networkWords(answer.entries[0].net) : 'the entry has gone');
    } catch (problem) {
      networks.set(entry.id, problem.message);
    }
  }
  showEntries(entries.answer);
}

function networkButton(entry) {
  const words = networks.get(entry.id);
  return h('button', { type: 'button', class: 'network', 'aria-expanded': String(words !== undefined),
    title: 'What the kernel tells of its socket', onclick: () => turnNetwork(entry) },
    h('i', null, 'network '), words ?? '…');
}

const isCookie = (name, value) => name === 'socket' && typeof value !== 'string' && value > 0;

// A socket's cookie in hexadecimal digits, as the terminal and ss show it.
function metadataCell(entry) {
  const shown = { ...entry.metadata, ...entry.not_finite };
  const buttons = Object.keys(entry.metadata).map((name) => {
    const text = isCookie(name, shown[name]) ? `0x${shown[name].toString(16)}` : literal(shown[name]);
    const value = name in (entry.not_finite ?? {}) ? shown[name] : text;
    const condition = `${metadataName(name)}=${value}`;
    return h('button', { type: 'button', title: `Only ${condition}`,
      onclick: () => addCondition(condition) }, h('i', null, `${name} `), verbatim(value));
  });
  if (isCookie('socket', entry.metadata.socket)) buttons.push(networkButton(entry));
  return h('div', { class: 'meta' }, buttons);
}

function setFilter(id, value) {
  $(id).value = value;
  entriesRestart();
}

function entryRow(entry) {
  const element = h('tr', null,
    h('td', { class: 'entry-type' }, h('span', { class: 'dot', '--c': typeColor(entry.type) }), entry.type),
    h('td', { class: 'n', title: moment(entry.started_at) }, duration(entry.age_s)),
    h('td', { class: 'n entry-idle', title: moment(entry.active_at) }, duration(entry.idle_s)),
    h('td', { class: 'n' }, h('button', { type: 'button', class: 'link', title: `Only worker ${entry.pid}`,
      onclick: () => setFilter('filter-worker', String(entry.pid)) }, String(entry.pid))),
    h('td', { class: 'entry-key' }, entry.key === null ? '' : h('button', { type: 'button', class: 'link',
      title: `Only key ${entry.key}`, onclick: () => setFilter('filter-key', entry.key) }, entry.key)),
    h('td', { class: 'entry-meta' }, metadataCell(entry)),
    h('td', { class: 'n kind narrow-off' }, entry.id));
  return { key: entry.id, element };
}

// Entries are sorted by the server, because the page has one page of them only. It sorts by age,
// newest or oldest first; turning the order goes back to the first page.
function entryColumns() {
  const turn = () => {
    entries.after = [];
    address.set({ order: oldestFirst() ? '' : 'oldest' });
  };
  return [{ title: 'Type' },
    { title: 'Age', className: 'n', name: 'age', press: turn, order: { column: 'age', reversed: !oldestFirst() } },
    { title: 'Idle', className: 'n' }, { title: 'Worker', className: 'n' }, { title: 'Key' }, { title: 'Metadata' }, { title: 'Id', className: 'n narrow-off' }];
}

function showEntries(answer) {
  entries.answer = answer;
  for (const entry of answer.entries) Object.keys(entry.metadata).forEach((name) => entries.fields.add(name));
  showFields();
  const filtered = filterParameters().length > 0;
  table($('entries'), entryColumns(), answer.entries.map(entryRow),
    filtered ? 'No entry matches.' : 'There are no entries.', entriesRestart);
  $('entries-total').textContent = [`${number(answer.entry_count)} ${filtered ? 'match' : 'open'}`,
    ...answer.remarks].join(' – ');
  entries.next = answer.next;
  const page = entries.after.length;
  showPager(page > 0, Boolean(answer.next), answer.entries.length ? `Page ${page + 1}` : '');
}

// Returns [how the value of a group is shown, the condition that selects its entries].
function groupValue(field, group) {
  const isWord = ['key', 'type', 'started', 'started_at'].includes(field);
  if (group.value === null && !group.float) return ['without it', `!${bareName(field)}`];
  const value = group.float ?? (isWord ? bare(group.value) : literal(group.value));
  return [value, `${bareName(field)}=${value}`];
}

function groupRow(field, group, most) {
  const bar = h('i'), [value, condition] = groupValue(field, group);
  bar.style.width = `${group.count / most * 100}%`;
  const element = h('tr', null,
    h('td', null, h('button', { type: 'button', class: 'link', title: `Only ${condition}`,
      onclick: () => { $('filter-group').value = ''; addCondition(condition); } }, verbatim(value))),
    h('td', { class: 'n' }, number(group.count)),
    h('td', null, h('span', { class: 'meter' }, bar)));
  return { key: value, element };
}

function showGroups(answer) {
  const field = answer.group_by;
  const most = Math.max(1, ...answer.groups.map(({ count }) => count));
  table($('entries'), [{ title: field }, { title: 'Entries', className: 'n' }, { title: '' }],
    answer.groups.map((group) => groupRow(field, group, most)), 'No entry matches.');
  $('entries-total').textContent = [`${number(answer.group_count)} groups of ${number(answer.entry_count)}`,
    ...answer.remarks].join(' – ');
  showPager(false, false, answer.group_count > answer.groups.length ? `The largest ${number(answer.groups.length)}` : '');
}

// Offers the metadata names seen so far as fields to group by. A name with characters that have to
// be spelt out is left out: choosing it would enter its spelling, which is another name.
function showFields() {
  const known = $('fields'), names = [...entries.fields].filter((name) => safe(name) === name).sort();
  if (known.children.length !== names.length)
    fill(known, names.map((name) => h('option', { value: name })));
}

function entriesRestart() {
  entries.after = [];
  keepInAddress();
  entriesLoad();
}

function entriesSetType(type) {
  $('filter-type').value = type;
  entriesRestart();
}

function entriesSetWorker(pid) {
  setFilter('filter-worker', String(pid));
  $('entries-panel').scrollIntoView();
}

function entriesSetTypes(types) {
  const chosen = $('filter-type').value;
  fill($('filter-type'), h('option', { value: '' }, 'all types'),
    types.map(({ type }) => h('option', { value: type }, type)));
  $('filter-type').value = types.some(({ type }) => type === chosen) ? chosen : '';
}

// The first page is loaded anew as time goes on. A later page, or one that has the pointer or the
// focus in it, stays as it is: somebody is reading it.
function entriesRefresh() {
  if (entries.after.length === 0 && !holds($('entries'))) entriesLoad();
}

function entriesStart() {
  let timer;
  entriesFromAddress();
  $('filters').addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(entriesRestart, 200);
  });
  $('filters').addEventListener('submit', (event) => {
    event.preventDefault();
    entriesRestart();
  });
  $('filter-clear').addEventListener('click', () => {
    for (const [, id] of filter_fields) $(id).value = '';
    entriesRestart();
  });
  const turn = (change) => () => {
    change();
    keepInAddress();
    entriesLoad();
  };
  $('page-on').addEventListener('click', turn(() => { if (entries.next) entries.after.push(entries.next); }));
  $('page-back').addEventListener('click', turn(() => {
    entries.after.pop();
    // A reload has forgotten where the page before begins: go to the first one.
    if (entries.after.length && !placeAfter()) entries.after = [];
  }));
}
