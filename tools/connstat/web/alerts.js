// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The list of alerts, in the words that the server found for them, and the menu of segments.

const alerts = { now: [] };

// For each tile of the overview the kinds of alert that it shows.
const alert_tiles = {
  connections: ['cluster_down', 'nodes_missing'],
  workers: ['stopped', 'stuck', 'quiet', 'workers_full', 'no_worker', 'no_reaper', 'foreign', 'death'],
  opened: ['refusing', 'refused', 'unregistered'],
  gone: ['leaked'],
  fullest: ['full', 'nearly_full'],
};
const levels = ['note', 'warning', 'critical'];

// The gravest alert of a tile, or null.
function alertOf(tile) {
  return alerts.now.filter(({ alert }) => alert_tiles[tile].includes(alert))
    .sort((a, b) => levels.indexOf(b.level) - levels.indexOf(a.level))[0] ?? null;
}

const countOf = (level) => alerts.now.filter((alert) => alert.level === level).length;

function showAlerts(now) {
  alerts.now = now;
  $('alerts').hidden = !now.length;
  const text = now.map((alert) => `${alert.alert} ${alert.subject} ${alert.text}`).join('\n');
  if (alerts.text !== text) fill($('alerts'), now.map((alert) =>
    h('li', { class: `alert ${alert.level}`, 'data-alert': alert.alert },
      h('span', { class: 'level' }, alert.level),
      h('span', { class: 'words' }, h('b', null, verbatim(alert.text)),
        alert.advice ? h('span', { class: 'advice' }, verbatim(alert.advice)) : null),
      h('time', { datetime: alert.since, title: moment(alert.since) }, `since ${clock(alert.since)}`))));
  alerts.text = text;
}

function showTitle(segment) {
  const grave = countOf('critical'), marks = grave || countOf('warning');
  document.title = `${marks ? `(${marks}${grave ? '!' : ''}) ` : ''}${safe(segment)} · connstat`;
}

function segmentLabel({ segment, problem, alerts: counts }) {
  const mark = problem ? 'gone' : counts.critical ? `${counts.critical} critical`
    : counts.warning ? `${counts.warning} warning${counts.warning > 1 ? 's' : ''}` : '';
  return `${segment}${mark ? ` · ${mark}` : ''}`;
}

// A server with one segment shows its name; one with several shows a menu of them. The menu is not
// redrawn while somebody has it open.
function showSegments({ segments }) {
  const choice = $('segments');
  const several = segments.length > 1;
  $('segment').hidden = several;
  choice.hidden = !several;
  if (!several || choice === document.activeElement) return;
  const chosen = address.get('segment') || $('segment').textContent;
  fill(choice, segments.map((row) => h('option', { value: row.segment }, segmentLabel(row))));
  choice.value = chosen;
}

const segmentsRefresh = () => askFor('api/v1/segments').then(showSegments, () => {});

function segmentsStart(change) {
  $('segments').addEventListener('change', () => {
    address.set({ segment: $('segments').value, type: '', page: '', after: '' });
    $('segments').blur();
    change();
  });
}
