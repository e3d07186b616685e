// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The cards and the table of types.

function card(label, value, unit, under, className) {
  return h('div', { class: 'card' }, h('div', { class: 'label' }, label),
    h('div', { class: 'value', id: `card-${label.toLowerCase().replace(/\W+/g, '-')}` }, value,
      unit ? h('small', null, ` ${unit}`) : null),
    h('div', { class: `under ${className ?? ''}` }, under));
}

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
    const share = type.slots > 0 ? (current.types?.[i]?.live ?? 0) / type.slots : 0;
    if (!best || share > best.share) best = { share, type: type.type };
  });
  return best ?? { share: 0, type: '' };
}

function showCards() {
  const full = fullest();
  const refused = (current.types ?? []).reduce((total, type) => total + type.refused, 0);
  fill($('cards'),
    card('Connections', number(current.counts.total_connections), '', names('connection')),
    card('Channels', number(current.counts.total_channels), '', names('channel')),
    card('Workers', number(current.workers), '',
      current.deaths ? `${number(current.deaths)} died` : 'none died'),
    card('Opened', rate(totalRise('opened')), '/ s',
      refused ? `${number(refused)} refused` : 'none refused', refused ? 'warn' : ''),
    card('Gone', rate(totalRise('gone')), '/ s',
      `${number((current.types ?? []).reduce((total, type) => total + type.lost, 0))} lost with workers`),
    card('Fullest type', percent(full.share), '', full.type, full.share >= 0.8 ? 'warn' : ''));
}

const type_columns = [['Type'], ['Live', 'n'], ['Last 2 min', 'n narrow-off'], ['Opened / s', 'n'],
  ['Gone / s', 'n'], ['Lost', 'n narrow-off'], ['Refused', 'n narrow-off'], ['Slots used', 'n narrow-off']];

function pickType(i) {
  chartsPick(i);
  entriesSetType(charts.type === null ? '' : past.types[i].type);
  showTypes();
}

function typeRow(type, i, from) {
  const now = current.types?.[i];
  if (!now) return null;
  const quiet = (value) => `n ${value ? '' : 'zero'}`;
  const opened = riseNow(type.opened), gone = riseNow(type.gone);
  return h('tr', { class: 'pick', 'aria-selected': String(charts.type === i), 'data-type': type.type,
    onclick: () => pickType(i) },
    h('td', null, h('span', { class: 'dot', '--c': type.color }),
      h('button', { type: 'button', class: 'link', 'data-key': type.type,
        title: `Show ${type.type} alone`,
        onclick: (event) => { event.stopPropagation(); pickType(i); } }, type.type),
      h('span', { class: 'kind narrow-off' }, type.kind === 'channel' ? '  channel' : '')),
    h('td', { class: quiet(now.live) }, number(now.live)),
    h('td', { class: 'n narrow-off' }, sparkline(type.live.slice(from), type.color)),
    h('td', { class: quiet(opened) }, rate(opened)),
    h('td', { class: quiet(gone) }, rate(gone)),
    h('td', { class: `narrow-off ${quiet(now.lost)}` }, number(now.lost)),
    h('td', { class: `narrow-off n ${now.refused ? 'warn' : 'zero'}` }, number(now.refused)),
    h('td', { class: 'n narrow-off' }, meter(now.live, type.slots)));
}

function showTypes() {
  const from = pastFrom(120);
  table($('types'), type_columns,
    past.types.map((type, i) => typeRow(type, i, from)).filter((row) => row), 'No types');
}
