// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The two charts, by uPlot. Where the build had none of it the page goes without them.

const charts = { seconds: 600, type: null, live: null, rate: null, shape: '' };

function css(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name.replace(/^var\((.*)\)$/, '$1')).trim();
}

function shownTypes(from) {
  if (charts.type !== null) return [charts.type];
  const busy = past.types.map((_, i) => i)
    .filter((i) => past.types[i].live.some((value, at) => at >= from && value > 0));
  return busy.length ? busy : past.types.map((_, i) => i).slice(0, 1);
}

function axes() {
  const font = '12px system-ui, sans-serif';
  const common = { stroke: css('--muted'), font, ticks: { show: false } };
  const time = { ...common, grid: { show: false }, size: 30, space: 70,
    values: (_, ticks) => ticks.map((tick) => new Date(tick * 1000).toLocaleTimeString('en-GB',
      charts.seconds <= 600 ? {} : { hour: '2-digit', minute: '2-digit' })) };
  const amount = { ...common, grid: { stroke: css('--line'), width: 1 }, size: 52, space: 38,
    values: (_, ticks) => ticks.map(compact) };
  return [time, amount];
}

function makeChart(element, lines, legend) {
  const show = (chart) => showLegend(chart, lines, legend);
  return new uPlot({
    width: Math.max(200, element.clientWidth),
    height: element.clientHeight,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'connstat' }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_, low, high) => [0, Math.max(4, high * 1.08)] } },
    axes: axes(),
    series: [{}, ...lines.map((line) => ({
      label: line.label, stroke: css(line.color), width: 1.5, points: { show: false },
      fill: lines.length === 1 ? `${css(line.color)}1f` : undefined,
    }))],
    hooks: { setCursor: [show], setData: [show] },
  }, [[], ...lines.map(() => [])], element);
}

function showLegend(chart, lines, legend) {
  const length = chart.data[0].length;
  const index = chart.cursor.idx ?? length - 1;
  fill(legend, lines.map((line, i) => {
    const value = length ? chart.data[i + 1][index] : null;
    return h('span', null, h('span', { class: 'dot', '--c': line.color }), line.label,
      h('b', null, value === null || value === undefined ? '–' : rate(value)));
  }));
}

function chartsBuild(types) {
  charts.live?.destroy();
  charts.rate?.destroy();
  charts.live = makeChart($('chart-live'),
    types.map((i) => ({ label: past.types[i].type, color: past.types[i].color })), $('legend-live'));
  charts.rate = makeChart($('chart-rate'),
    [{ label: 'opened', color: 'var(--type-1)' }, { label: 'gone', color: 'var(--type-2)' }], $('legend-rate'));
}

function rateColumns(types, from) {
  const step = charts.seconds <= 120 ? 2 : charts.seconds <= 600 ? 5 : 15;
  const column = (name) => past.at.slice(from).map((_, i) =>
    sum(types.map((type) => rise(past.types[type][name], from + i, step))));
  return [column('opened'), column('gone')];
}

function chartsDraw() {
  if (typeof uPlot === 'undefined' || !past.types.length || !past.at.length) return;
  const from = pastFrom(charts.seconds);
  const types = shownTypes(from);
  const shape = `${types} ${document.documentElement.dataset.theme} ${charts.seconds}`;
  if (shape !== charts.shape) chartsBuild(types);
  charts.shape = shape;
  const at = past.at.slice(from), end = at[at.length - 1];
  const range = { min: Math.max(end - charts.seconds, Math.min(at[0], end - 60)), max: end };
  const all = charts.type === null ? past.types.map((_, i) => i) : [charts.type];
  for (const [chart, columns] of [
    [charts.live, types.map((i) => past.types[i].live.slice(from))],
    [charts.rate, rateColumns(all, from)],
  ]) {
    chart.batch(() => {
      chart.setData([at, ...columns], false);
      chart.setScale('x', range);
    });
  }
}

function chartsPick(type) {
  charts.type = charts.type === type ? null : type;
  const picked = charts.type !== null;
  $('charts-title').textContent = picked ? past.types[charts.type].type : 'All types';
  $('all-types').hidden = !picked;
  chartsDraw();
}

function chartsStart() {
  if (typeof uPlot === 'undefined') {
    $('charts').hidden = true;
    return;
  }
  for (const button of $('ranges').children) {
    const press = () => button.setAttribute('aria-pressed', Number(button.dataset.seconds) === charts.seconds);
    press();
    button.addEventListener('click', () => {
      charts.seconds = Number(button.dataset.seconds);
      for (const other of $('ranges').children) other.setAttribute('aria-pressed', other === button);
      chartsDraw();
    });
  }
  new ResizeObserver(() => {
    for (const [chart, id] of [[charts.live, 'chart-live'], [charts.rate, 'chart-rate']])
      chart?.setSize({ width: $(id).clientWidth, height: $(id).clientHeight });
  }).observe($('charts'));
}
