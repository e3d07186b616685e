// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The overview: the tiles, and the table of types.

// Makes a tile. Its second line is `under`, or what its gravest alert is about, if it has one.
function card(tile, label, value, unit, under) {
  const alert = alertOf(tile);
  return h('div', { class: `card ${alert?.level ?? ''}`, 'data-tile': tile }, h('div', { class: 'label' }, label),
    h('div', { class: 'value', id: `card-${tile}` }, value, unit ? h('small', null, ` ${unit}`) : null),
    h('div', { class: 'under', title: alert ? null : under }, alert ? alert_words[alert.alert](alert) : under));
}

const alert_words = {
  cluster_down: () => 'no cluster news',
  nodes_missing: () => 'nodes are missing',
  stopped: ({ subject }) => `${subject} is stopped`,
  stuck: ({ subject }) => `${subject} is stuck`,
  quiet: ({ subject }) => `${subject} registers nothing`,
  workers_full: () => 'nearly no place left',
  no_worker: () => 'none has registered',
  no_reaper: () => 'nobody reaps',
  foreign: () => 'some cannot be judged',
  death: () => 'one died just now',
  refusing: ({ subject }) => `refusing ${subject}`,
  refused: () => `${number(refusedTotal())} refused`,
  full: ({ subject }) => `${subject} is full`,
  nearly_full: ({ subject }) => subject,
};

const refusedTotal = () => current.types.reduce((total, type) => total + type.refused, 0);

function totalRise(name) {
  return sum(past.types.map((type) => riseNow(type[name])));
}

function names(kind) {
  const live = past.types.map((type, i) => ({ type, live: current.types?.[i]?.live ?? 0 }))
    .filter(({ type, live }) => type.kind === kind && live > 0)
    .sort((a, b) => b.live - a.live);
  return live.length ? live.slice(0, 3).map(({ type }) => type.type).join(', ') : 'none open';
}

function fullest() {
  let best = null;
  past.types.forEach((type, i) => {
    const live = current.types?.[i]?.live ?? 0;
    if (!best || live * best.slots > best.live * type.slots_max)
      best = { live, slots: type.slots_max, type: type.type };
  });
  return best ?? { live: 0, slots: 0, type: '' };
}

function showCards() {
  const full = fullest();
  fill($('cards'),
    card('connections', 'Connections', number(current.counts.total_connections), '', names('connection')),
    h('div', { class: 'card' }, h('div', { class: 'label' }, 'Channels'),
      h('div', { class: 'value', id: 'card-channels' }, number(current.counts.total_channels)),
      h('div', { class: 'under' }, names('channel'))),
    card('workers', 'Workers', number(current.workers), '',
      current.deaths ? `${number(current.deaths)} died` : 'none died'),
    card('opened', 'Opened', rate(totalRise('opened')), '/ s', 'none refused'),
    card('gone', 'Gone', rate(totalRise('gone')), '/ s',
      `${number((current.types ?? []).reduce((total, type) => total + type.lost, 0))} lost with workers`),
    card('fullest', 'Fullest type', percent(full.live, full.slots), '', full.type));
}

const type_columns = [{ title: 'Type', name: 'type' }, { title: 'Live', className: 'n', name: 'live' },
  { title: 'Last 2 min', className: 'n narrow-off' },
  { title: 'Opened / s', className: 'n narrow-off', name: 'opened' },
  { title: 'Gone / s', className: 'n narrow-off', name: 'gone' },
  { title: 'Lost', className: 'n', name: 'lost' }, { title: 'Refused', className: 'n', name: 'refused' },
  { title: 'Used', className: 'n used', name: 'used' }];

function pickType(i) {
  chartsPick(i);
  entriesSetType(charts.type ?? '');
  showTypes();
}

function typeRow(type, i, from) {
  const now = current.types?.[i];
  if (!now) return null;
  const quiet = (value) => `n ${value ? '' : 'zero'}`;
  const opened = riseNow(type.opened), gone = riseNow(type.gone);
  const picked = charts.type === type.type;
  const element = h('tr', { class: `pick ${picked ? 'picked' : ''}`, 'data-type': type.type,
    onclick: () => pickType(i) },
    h('td', null, h('span', { class: 'dot', '--c': type.color }),
      h('button', { type: 'button', class: 'link', 'data-key': type.type, 'aria-pressed': String(picked),
        title: `Show ${type.type} alone`,
        onclick: (event) => { event.stopPropagation(); pickType(i); } }, type.type),
      h('span', { class: 'kind narrow-off' }, type.kind === 'channel' ? '  channel' : '')),
    h('td', { class: quiet(now.live) }, number(now.live)),
    h('td', { class: 'n narrow-off' }, sparkline(type.live.slice(from), type.color)),
    h('td', { class: `narrow-off ${quiet(opened)}` }, rate(opened)),
    h('td', { class: `narrow-off ${quiet(gone)}` }, rate(gone)),
    h('td', { class: `n ${now.lost ? 'warn' : 'zero'}` }, number(now.lost)),
    h('td', { class: `n ${now.refused ? 'bad' : 'zero'}` }, number(now.refused)),
    h('td', { class: 'n used' }, meter(now.live, type.slots_max)));
  return { key: type.type, element, values: { type: type.type, live: now.live, opened, gone, lost: now.lost,
    refused: now.refused, used: type.slots_max > 0 ? now.live / type.slots_max : 0 } };
}

function showTypes() {
  const from = pastFrom(120);
  table($('types'), type_columns,
    past.types.map((type, i) => typeRow(type, i, from)).filter((row) => row), 'No types', showTypes);
}
