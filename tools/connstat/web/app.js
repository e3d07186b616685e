// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Connects the parts of the page: each sample that the server sends makes them draw themselves anew.

let current = null;
let ticks = 0;

function showState(state, text) {
  $('state').dataset.state = state;
  $('state').textContent = text;
}

function showBanner(kind, text) {
  $('banner').hidden = !text;
  $('banner').dataset.kind = kind;
  if ($('banner').textContent !== text) $('banner').textContent = text;
}

// on: there is no server or no segment to show anything new of. What was shown last stays, in pale
// colours; if nothing has been shown yet, the empty tables are hidden and a line says so.
function stale(on) {
  document.body.toggleAttribute('data-stale', on);
  document.body.toggleAttribute('data-nothing', on && !current);
  $('nothing').hidden = !on || Boolean(current);
  if (on) chartsDraw();
}

server.onState = (state, problem) => {
  if (state === 'token') {
    showState('wait', 'token needed');
    showBanner('', '');
    return;
  }
  stale(true);
  if (state === 'none') {
    showState('none', 'no segment');
    showBanner('warn', `${problem.message[0].toUpperCase()}${problem.message.slice(1)}.`);
    segmentsRefresh();
    return;
  }
  showState('lost', 'server away');
  const last = current ? ` What you see is of ${clock(current.at_ms)}.` : '';
  showBanner('bad', `connstat serve does not answer.${last} Trying again until it does.`);
};

// Begins anew with this sample: it is the first one, or it is of another segment than the last was
// (somebody created one under the same name, or chose another in the menu).
function adopt(sample) {
  pastBegin(sample);
  entriesSetTypes(past.types);
  if (charts.type !== null) chartsForget();
  lists.deaths_seen = null;
  lists.deaths = [];
  ticks = 0;
  entriesLoad();
  pastLoad().then(chartsDraw, () => {});
}

function showAll(sample) {
  if (document.hidden) return;
  showCards();
  showTypes();
  chartsDraw();
  if (ticks % 2 === 0) listsRefresh(sample);
  if (ticks % 3 === 2) entriesRefresh();
  if (ticks % 5 === 0) systemRefresh();
  if (ticks % 5 === 0) segmentsRefresh();
  ticks++;
}

server.onSample = (sample) => {
  $('segment').textContent = safe(sample.segment);
  if (sample.alerts) showAlerts(sample.alerts);
  showTitle(sample.segment);
  if (sample.problem) {
    pastAppend(sample);
    stale(true);
    showState('none', 'no segment');
    showBanner('warn', `${sample.problem[0].toUpperCase()}${sample.problem.slice(1)}.`);
    $('alerts').hidden = true; // the banner says it
    if (!current) showNothing('There is no segment to read.');
    if (ticks++ % 5 === 0) segmentsRefresh();
    return;
  }
  current = sample;
  if (past.created_ms !== sample.created_at_ms) adopt(sample);
  pastAppend(sample);
  stale(false);
  showState('live', 'live');
  showBanner('', '');
  showAll(sample);
};

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

function switchTheme() {
  const theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  localStorage.setItem('connstat-theme', theme);
  setTheme(theme);
  chartsDraw();
}

const dark = matchMedia('(prefers-color-scheme: dark)');
setTheme(localStorage.getItem('connstat-theme') ?? (dark.matches ? 'dark' : 'light'));
dark.addEventListener('change', () => {
  if (!localStorage.getItem('connstat-theme')) setTheme(dark.matches ? 'dark' : 'light');
  chartsDraw();
});

document.addEventListener('keydown', (event) => {
  if (event.target.matches('input, select') || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') {
    event.preventDefault();
    $('filter-search').focus();
  } else if (event.key === 't') {
    switchTheme();
  }
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && current) showAll(current);
});
$('theme').addEventListener('click', switchTheme);
$('all-types').addEventListener('click', () => pickType(past.types.findIndex(({ type }) => type === charts.type)));
chartsStart();
entriesStart();
segmentsStart(() => {
  current = past.created_ms = null;
  entriesFromAddress();
  charts.type = null;
  chartsShowPick();
  listenAnew();
});
follow();
