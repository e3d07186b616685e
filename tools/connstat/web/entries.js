// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Connections: filters, pages, groups.

const entries = { after: [], next: null, number: 0, abort: null, fields: new Set(), size: 25 };

// "user_id=42 rtt_ms>80", a value in quotes may hold blanks.
function conditions(text) {
  return [...text.matchAll(/[^\s=!<>]+(?:!=|<=|>=|=|<|>)(?:"[^"]*"|\S*)/g)]
    .map(([word]) => word.replace(/"([^"]*)"$/, '$1'));
}

function filterParameters() {
  const parameters = [];
  for (const [name, id] of [['type', 'filter-type'], ['search', 'filter-search'], ['key', 'filter-key'],
    ['group_by', 'filter-group']]) {
    const value = $(id).value.trim();
    if (value) parameters.push([name, value]);
  }
  for (const condition of conditions($('filter-where').value)) parameters.push(['where', condition]);
  return parameters;
}

async function entriesLoad() {
  entries.abort?.abort();
  entries.abort = new AbortController();
  const parameters = [...filterParameters(), ['limit', entries.size]];
  const after = entries.after[entries.after.length - 1];
  if (after) parameters.push(['after', after]);
  try {
    const answer = await ask('api/v1/entries', parameters, entries.abort.signal);
    $('filter-where').removeAttribute('aria-invalid');
    if (answer.groups) showGroups(answer);
    else showEntries(answer);
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    if (problem.status === 400) {
      $('filter-where').setAttribute('aria-invalid', String(/where/.test(problem.message)));
      showNothing(problem.message);
    } else if (problem.status === 503) {
      showNothing('There is no segment to read.');
    }
  }
}

function showNothing(text) {
  table($('entries'), [['']], [], text);
  $('entries-total').textContent = '';
  showPager(false, false, '');
}

function showPager(back, on, place) {
  $('page-back').disabled = !back;
  $('page-on').disabled = !on;
  $('page-place').textContent = place;
}

function addCondition(condition) {
  const where = $('filter-where');
  if (!conditions(where.value).includes(condition.replace(/"([^"]*)"$/, '$1')))
    where.value = `${where.value.trim()} ${condition}`.trim();
  entriesRestart();
}

function quoted(value) {
  return /\s/.test(value) || value === '' ? `"${value}"` : String(value);
}

function metadataCell(metadata) {
  return h('div', { class: 'meta' }, Object.entries(metadata).map(([name, value]) =>
    h('button', { type: 'button', title: `Only ${name}=${value}`,
      onclick: () => addCondition(`${name}=${quoted(String(value))}`) },
    h('i', null, `${name} `), String(value))));
}

function entryRow(entry) {
  return h('tr', null,
    h('td', { class: 'entry-type' }, h('span', { class: 'dot', '--c': typeColor(entry.type) }), entry.type),
    h('td', { class: 'n', title: moment(entry.started_at) }, duration(entry.age_s)),
    h('td', { class: 'n' }, String(entry.pid)),
    h('td', { class: 'entry-key' }, entry.key ?? ''),
    h('td', { class: 'entry-meta' }, metadataCell(entry.metadata)),
    h('td', { class: 'n kind narrow-off' }, entry.id));
}

function showEntries(answer) {
  for (const entry of answer.entries) Object.keys(entry.metadata).forEach((name) => entries.fields.add(name));
  showFields();
  const filtered = filterParameters().length > 0;
  table($('entries'), [['Type'], ['Age', 'n'], ['Worker', 'n'], ['Key'], ['Metadata'], ['Id', 'n narrow-off']],
    answer.entries.map(entryRow), filtered ? 'No connection matches.' : 'No connections are open.');
  $('entries-total').textContent = filtered ? `${number(answer.entry_count)} match` : `${number(answer.entry_count)} open`;
  entries.next = answer.next;
  const page = entries.after.length;
  showPager(page > 0, Boolean(answer.next), answer.entries.length ? `Page ${page + 1}` : '');
}

function showGroups(answer) {
  const field = answer.group_by, most = answer.groups[0]?.count ?? 1;
  table($('entries'), [[field], ['Connections', 'n'], ['']], answer.groups.map(({ value, count }) => {
    const bar = h('i');
    bar.style.width = `${count / most * 100}%`;
    return h('tr', null,
      h('td', null, value === null ? h('span', { class: 'kind' }, 'without it')
        : h('button', { type: 'button', class: 'link', title: `Only ${field}=${value}`,
          onclick: () => { $('filter-group').value = ''; addCondition(`${field}=${quoted(String(value))}`); } },
        String(value))),
      h('td', { class: 'n' }, number(count)),
      h('td', null, h('span', { class: 'meter' }, bar)));
  }), 'No connection matches.');
  $('entries-total').textContent = `${number(answer.group_count)} groups of ${number(answer.entry_count)}`;
  showPager(false, false, answer.groups.length < answer.group_count
    ? `The largest ${number(answer.groups.length)}` : '');
}

function showFields() {
  const known = $('fields');
  if (known.children.length !== entries.fields.size)
    fill(known, [...entries.fields].sort().map((name) => h('option', { value: name })));
}

function entriesRestart() {
  entries.after = [];
  entriesLoad();
}

function entriesSetType(type) {
  $('filter-type').value = type;
  entriesRestart();
}

function entriesSetTypes(types) {
  const chosen = $('filter-type').value;
  fill($('filter-type'), h('option', { value: '' }, 'all types'),
    types.map(({ type }) => h('option', { value: type }, type)));
  $('filter-type').value = types.some(({ type }) => type === chosen) ? chosen : '';
}

// While a page is being read it stays as it is; only the first one follows what happens.
function entriesRefresh() {
  const reading = entries.after.length > 0 || $('entries').contains(document.activeElement);
  if (!reading) entriesLoad();
}

function entriesStart() {
  let timer;
  $('filters').addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(entriesRestart, 200);
  });
  $('filters').addEventListener('submit', (event) => {
    event.preventDefault();
    entriesRestart();
  });
  $('filter-clear').addEventListener('click', () => {
    $('filters').reset();
    entriesRestart();
  });
  $('page-on').addEventListener('click', () => {
    if (entries.next) entries.after.push(entries.next);
    entriesLoad();
  });
  $('page-back').addEventListener('click', () => {
    entries.after.pop();
    entriesLoad();
  });
}
