// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The two charts, drawn by uPlot, which comes last: the page shows numbers before it has come. A build
// that had no uPlot makes a page without charts.

const charts = { seconds: 600, stacked: true, type: null, live: null, rate: null, shape: '' };

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name.replace(/^var\((.*)\)$/, '$1')).trim();
}

// Indexes of the types to be drawn: the picked one, or else all that had entries in this range. The
// pick is a name, because indexes differ from segment to segment; one that lacks it draws as if
// nothing were picked.
function shownTypes(from) {
  const picked = past.types.findIndex(({ type }) => type === charts.type);
  if (picked >= 0) return [picked];
  const busy = past.types.map((_, i) => i)
    .filter((i) => past.types[i].live.some((value, at) => at >= from && value > 0));
  return busy.length ? busy : past.types.map((_, i) => i).slice(0, 1);
}

const whole = [1, 2, 5].flatMap((one) => Array.from({ length: 13 }, (_, power) => one * 10 ** power))
  .sort((a, b) => a - b);

function axes(counts) {
  const font = '12px system-ui, sans-serif';
  const common = { stroke: css('--muted'), font, ticks: { show: false } };
  const time = { ...common, grid: { show: false }, size: 30, space: 70,
    values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString('en-GB',
      charts.seconds <= 600 ? {} : { hour: '2-digit', minute: '2-digit' })) };
  const amount = { ...common, grid: { stroke: css('--line'), width: 1 }, size: 52, space: 38,
    values: (_, ticks) => ticks.map(compact) };
  if (counts) amount.incrs = whole;
  return [time, amount];
}

// Draws a dashed line with a mark at its foot at each moment at which a worker died.
function drawDeaths(chart) {
  const { ctx, bbox } = chart;
  const { min, max } = chart.scales.x;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = css('--bad');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const death of lists.deaths) {
    const at = Date.parse(death.died_at) / 1000;
    if (at < min || at > max) continue;
    const x = chart.valToPos(at, 'x', true), size = 4 * devicePixelRatio, foot = bbox.top + bbox.height;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, foot);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x - size, foot);
    ctx.lineTo(x, foot - 1.6 * size);
    ctx.lineTo(x + size, foot);
    ctx.fill();
  }
  ctx.restore();
}

function makeChart(element, lines, legend, { counts, stacked }) {
  const show = (chart) => showLegend(chart, lines, legend);
  const band = (i) => ({ series: [i + 2, i + 1], fill: `${css(lines[i + 1].color)}55` });
  return new uPlot({
    width: Math.max(200, element.clientWidth),
    height: element.clientHeight,
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'connstat' }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, low, high) => [0, Math.max(4, high * 1.08)] } },
    axes: axes(counts),
    bands: stacked ? lines.slice(1).map((_, i) => band(i)) : [],
    series: [{}, ...lines.map((line, i) => ({
      label: line.label, stroke: css(line.color), width: 1.5, points: { show: false },
      fill: stacked ? (i === 0 ? `${css(line.color)}55` : undefined)
        : lines.length === 1 ? `${css(line.color)}1f` : undefined,
    }))],
    hooks: { setCursor: [show], setData: [show], draw: [drawDeaths] },
  }, [[], ...lines.map(() => [])], element);
}

// Shows the values at the cursor and their time; while no cursor is over the chart, the newest ones,
// which are those of now unless nothing new comes.
function showLegend(chart, lines, legend) {
  const values = chart.raw ?? [], at = chart.data[0];
  const pointed = chart.cursor.idx ?? null;
  const index = pointed ?? at.length - 1;
  const timed = pointed !== null || document.body.matches('[data-stale]');
  fill(legend, h('span', { class: 'when' }, timed && at.length ? clock(at[index] * 1000) : 'now'),
    lines.map((line, i) => {
      const value = values[i]?.[index];
      return h('span', null, h('span', { class: 'dot', '--c': line.color }), line.label,
        h('b', null, value === null || value === undefined ? '–' : rate(value)));
    }));
}

function chartsBuild(types, stacked) {
  charts.live?.destroy();
  charts.rate?.destroy();
  charts.live = makeChart($('chart-live'),
    types.map((i) => ({ label: past.types[i].type, color: past.types[i].color })), $('legend-live'),
    { counts: true, stacked });
  charts.rate = makeChart($('chart-rate'),
    [{ label: 'opened', color: 'var(--type-1)' }, { label: 'gone', color: 'var(--type-2)' }], $('legend-rate'), {});
}

function rateColumns(types, from) {
  const step = charts.seconds <= 120 ? 2 : charts.seconds <= 600 ? 5 : 15;
  const column = (name) => past.at.slice(from).map((_, i) =>
    sum(types.map((type) => rise(past.types[type][name], from + i, step))));
  return [column('opened'), column('gone')];
}

// Adds to each column the sum of those before it, so that their areas lie on top of one another.
function stack(columns) {
  const below = columns[0].map(() => 0);
  return columns.map((column) => column.map((value, i) => value === null ? null : (below[i] += value)));
}

function chartsDraw() {
  if (typeof uPlot === 'undefined' || !past.types.length || !past.at.length) return;
  const from = pastFrom(charts.seconds);
  const types = shownTypes(from);
  const stacked = charts.stacked && types.length > 1;
  const shape = [past.created_ms, types.map((i) => past.types[i].type), stacked,
    document.documentElement.dataset.theme, charts.seconds].join(' ');
  if (shape !== charts.shape) chartsBuild(types, stacked);
  charts.shape = shape;
  const at = past.at.slice(from), end = at[at.length - 1];
  const range = { min: Math.max(end - charts.seconds, Math.min(at[0], end - 60)), max: end };
  const all = types.length === 1 && charts.type !== null ? types : past.types.map((_, i) => i);
  const live = types.map((i) => past.types[i].live.slice(from)), rates = rateColumns(all, from);
  for (const [chart, raw, columns] of [
    [charts.live, live, stacked ? stack(live) : live], [charts.rate, rates, rates]]) {
    chart.raw = raw;
    chart.batch(() => {
      chart.setData([at, ...columns], false);
      chart.setScale('x', range);
    });
  }
}

function chartsShowPick() {
  $('charts-title').textContent = charts.type ?? 'All types';
  $('all-types').hidden = charts.type === null;
}

function chartsPick(i) {
  const { type } = past.types[i];
  charts.type = charts.type === type ? null : type;
  chartsShowPick();
  chartsDraw();
}

// Drops the pick if this segment has no type of that name. Called when the segment changes.
function chartsForget() {
  if (past.types.some(({ type }) => type === charts.type)) return;
  charts.type = null;
  chartsShowPick();
}

function chooser(id, choice, choose) {
  const buttons = [...$(id).children];
  const press = (value) => buttons.forEach((button) =>
    button.setAttribute('aria-pressed', String(button.dataset.value === value)));
  press(choice);
  for (const button of buttons)
    button.addEventListener('click', () => {
      press(button.dataset.value);
      choose(button.dataset.value);
      chartsDraw();
    });
}

function chartsStart() {
  document.addEventListener('DOMContentLoaded', () => {
    $('charts').hidden = typeof uPlot === 'undefined';
    chartsDraw();
  });
  charts.seconds = [120, 600, 1800].includes(Number(address.get('range'))) ? Number(address.get('range')) : 600;
  charts.stacked = address.get('chart') !== 'lines';
  charts.type = address.get('type') || null;
  chartsShowPick();
  chooser('ranges', String(charts.seconds), (value) => {
    charts.seconds = Number(value);
    address.set({ range: value === '600' ? '' : value });
  });
  chooser('shapes', charts.stacked ? 'stacked' : 'lines', (value) => {
    charts.stacked = value === 'stacked';
    address.set({ chart: charts.stacked ? '' : value });
  });
  new ResizeObserver(() => {
    for (const [chart, id] of [[charts.live, 'chart-live'], [charts.rate, 'chart-rate']])
      chart?.setSize({ width: $(id).clientWidth, height: $(id).clientHeight });
  }).observe($('charts'));
}
