// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Entries: filters, pages, groups.

const entries = { after: [], next: null, number: 0, abort: null, fields: new Set(), size: 25 };

function filterParameters() {
  const parameters = [];
  for (const [name, id] of [['type', 'filter-type'], ['search', 'filter-search'], ['key', 'filter-key'],
    ['group_by', 'filter-group'], ['where', 'filter-where']]) {
    const value = $(id).value.trim();
    if (value) parameters.push([name, value]);
  }
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

// One more condition. Blanks and "|" are not read side by side without parentheses.
function addCondition(condition) {
  const where = $('filter-where'), before = where.value.trim();
  const others = /\|/.test(before) ? `(${before})` : before;
  if (!` ${before} `.includes(` ${condition} `)) where.value = `${others} ${condition}`.trim();
  entriesRestart();
}

function metadataCell(entry) {
  const shown = { ...entry.metadata, ...entry.not_finite };
  return h('div', { class: 'meta' }, Object.keys(entry.metadata).map((name) => {
    const value = name in (entry.not_finite ?? {}) ? shown[name] : literal(shown[name]);
    const condition = `${metadataName(name)}=${value}`;
    return h('button', { type: 'button', title: `Only ${condition}`,
      onclick: () => addCondition(condition) }, h('i', null, `${name} `), value);
  }));
}

function entryRow(entry) {
  return h('tr', null,
    h('td', { class: 'entry-type' }, h('span', { class: 'dot', '--c': typeColor(entry.type) }), entry.type),
    h('td', { class: 'n', title: moment(entry.started_at) }, duration(entry.age_s)),
    h('td', { class: 'n' }, String(entry.pid)),
    h('td', { class: 'entry-key' }, entry.key ?? ''),
    h('td', { class: 'entry-meta' }, metadataCell(entry)),
    h('td', { class: 'n kind narrow-off' }, entry.id));
}

function showEntries(answer) {
  for (const entry of answer.entries) Object.keys(entry.metadata).forEach((name) => entries.fields.add(name));
  showFields();
  const filtered = filterParameters().length > 0;
  table($('entries'), [['Type'], ['Age', 'n'], ['Worker', 'n'], ['Key'], ['Metadata'], ['Id', 'n narrow-off']],
    answer.entries.map(entryRow), filtered ? 'No entry matches.' : 'There are no entries.');
  $('entries-total').textContent = [`${number(answer.entry_count)} ${filtered ? 'match' : 'open'}`,
    ...answer.remarks].join(' – ');
  entries.next = answer.next;
  const page = entries.after.length;
  showPager(page > 0, Boolean(answer.next), answer.entries.length ? `Page ${page + 1}` : '');
}

// What a group's value looks like, and the condition that selects it.
function groupValue(field, group) {
  const isWord = ['key', 'type', 'started', 'started_at'].includes(field);
  if (group.value === null && !group.float) return ['without it', `!${bareName(field)}`];
  const value = group.float ?? (isWord ? bare(group.value) : literal(group.value));
  return [value, `${bareName(field)}=${value}`];
}

function showGroups(answer) {
  const field = answer.group_by, most = answer.groups[0]?.count ?? 1;
  table($('entries'), [[field], ['Entries', 'n'], ['']], answer.groups.map((group) => {
    const bar = h('i'), [value, condition] = groupValue(field, group);
    bar.style.width = `${group.count / most * 100}%`;
    return h('tr', null,
      h('td', null, h('button', { type: 'button', class: 'link', title: `Only ${condition}`,
        onclick: () => { $('filter-group').value = ''; addCondition(condition); } }, value)),
      h('td', { class: 'n' }, number(group.count)),
      h('td', null, h('span', { class: 'meter' }, bar)));
  }), 'No entry matches.');
  $('entries-total').textContent = [`${number(answer.group_count)} groups of ${number(answer.entry_count)}`,
    ...answer.remarks].join(' – ');
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
