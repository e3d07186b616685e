// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// What happens when: samples drive everything.

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

function stale(on) {
  document.body.toggleAttribute('data-stale', on);
}

server.onState = (state) => {
  if (state === 'token') {
    showState('wait', 'token needed');
    showBanner('', '');
    return;
  }
  stale(true);
  showState('lost', 'server away');
  const last = current ? ` What you see is of ${clock(current.at_ms)}.` : '';
  showBanner('bad', `connstat serve does not answer.${last} Trying again until it does.`);
};

async function adopt(sample) {
  await pastLoad();
  past.created_ms = sample.created_at_ms;
  entriesSetTypes(past.types);
  charts.type = charts.type !== null && charts.type < past.types.length ? charts.type : null;
  lists.deaths_seen = null;
  entriesRestart();
  systemRefresh();
}

function showAll(sample) {
  current = sample;
  if (document.hidden) return;
  showCards();
  showTypes();
  chartsDraw();
  if (ticks % 2 === 0) listsRefresh(sample);
  if (ticks % 3 === 0) entriesRefresh();
  if (ticks % 5 === 0) systemRefresh();
  ticks++;
}

server.onSample = async (sample) => {
  $('segment').textContent = sample.segment;
  document.title = `${sample.segment} · connstat`;
  if (sample.problem) {
    pastAppend(sample);
    stale(true);
    showState('none', 'no segment');
    showBanner('warn', `${sample.problem[0].toUpperCase()}${sample.problem.slice(1)}.`);
    if (!current) showNothing('There is no segment to read.');
    chartsDraw();
    return;
  }
  if (past.created_ms !== sample.created_at_ms || document.body.hasAttribute('data-stale')) {
    try {
      await adopt(sample);
    } catch {
      return; // the next sample tries again
    }
  }
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
$('all-types').addEventListener('click', () => pickType(charts.type));
chartsStart();
entriesStart();
follow();
