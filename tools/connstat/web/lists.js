// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// Workers, deaths, system and cluster.

const lists = { workers: new Map(), deaths_seen: null };

function workerRates(worker, now) {
  const key = `${worker.pid}/${worker.tid}/${worker.joined_at}`;
  const before = lists.workers.get(key);
  const elapsed = before ? (now - before.at) / 1000 : 0;
  return { key, opened: elapsed > 0 ? (worker.opened - before.opened) / elapsed : null };
}

function showWorkers(answer) {
  const now = performance.now(), seen = new Map();
  const most = Math.max(1, ...answer.workers.map((worker) => worker.live_total));
  const rows = answer.workers.map((worker) => {
    const { key, opened } = workerRates(worker, now);
    seen.set(key, { at: now, opened: worker.opened });
    const bar = h('i');
    bar.style.width = `${worker.live_total / most * 100}%`;
    return h('tr', null,
      h('td', null, String(worker.pid), worker.tid ? h('span', { class: 'kind' }, ` / ${worker.tid}`) : null),
      h('td', null, worker.label ?? ''),
      h('td', { class: 'n' }, number(worker.live_total)),
      h('td', { class: 'narrow-off' }, h('span', { class: 'meter' }, bar)),
      h('td', { class: 'n' }, rate(opened)),
      h('td', { class: 'n', title: moment(worker.joined_at) }, duration(worker.age_s)));
  });
  lists.workers = seen;
  table($('workers-table'), [['Pid'], ['Label'], ['Entries', 'n'], ['', 'narrow-off'], ['Opened / s', 'n'], ['Age', 'n']],
    rows, 'No workers. They join when they register their first entry.');
  $('workers-note').textContent = answer.total > answer.workers.length
    ? `the busiest ${number(answer.workers.length)} of ${number(answer.total)}` : '';
}

function cause(death) {
  if (death.cause === 'signalled') return h('span', { class: 'bad' }, death.signal);
  if (death.cause === 'exited') return h('span', { class: death.status ? 'warn' : '' }, `exit ${death.status}`);
  return death.cause === 'execed' ? 'became another program' : 'unknown';
}

function showDeaths(answer) {
  table($('deaths-table'), [['When'], ['Pid'], ['Label'], ['Cause'], ['Lost', 'n']], answer.deaths.map((death) =>
    h('tr', null,
      h('td', { title: moment(death.died_at) }, since(death.died_at) < 86400 ? clock(death.died_at) : moment(death.died_at)),
      h('td', null, String(death.pid)),
      h('td', null, death.label ?? ''),
      h('td', null, cause(death)),
      h('td', { class: `n ${death.lost_total ? '' : 'zero'}` }, number(death.lost_total)))),
  'No worker has died.');
  $('deaths-note').textContent = answer.total > answer.deaths.length
    ? `the last ${number(answer.deaths.length)} of ${number(answer.total)}` : '';
}

// The kernel tells it to the workers' own user alone.
const unreadable = (system) => system.workers ? h('span', { class: 'kind' }, 'for their user: serve --user') : 'none';

function showSystem(system) {
  facts($('system-list'), [
    ['Node', system.node],
    ['Segment', system.path],
    ['Uptime', system.uptime],
    ['Workers', `${number(system.workers)} of ${number(system.max_workers)}`],
    ['Watching for deaths', system.reapers ? number(system.reapers)
      : h('span', { class: 'warn' }, 'nobody: run connstat reaper')],
    ['Memory of the segment', bytes(system.memory_segment_bytes)],
    ['Memory of the workers', system.memory_workers_bytes
      ? `${bytes(system.memory_workers_bytes)} private, ${bytes(system.memory_total_bytes)} with the segment`
      : unreadable(system)],
    ['Open files of the workers', system.open_fds
      ? `${number(system.open_fds)} of ${number(system.max_fds)}` : unreadable(system)],
    ['Processors', number(system.cpus)],
  ]);
  $('version').textContent = `connstat ${system.version}`;
}

function showCluster(cluster) {
  facts($('cluster-list'), cluster.clustered ? [
    ['Cluster', cluster.cluster],
    ['This node', cluster.node],
    ['Live nodes', number(cluster.nodes)],
    ['Connections', number(cluster.counts.total_connections)],
    ['Channels', number(cluster.counts.total_channels)],
    ['Counted', `${number(cluster.age_ms)} ms ago`],
    ['Missing', cluster.missing.length ? h('span', { class: 'bad' }, cluster.missing.join(', ')) : 'none'],
  ] : [
    ['Live nodes', '1'],
    ['Cluster', 'this node alone'],
    ['To join others', 'connstat agent'],
  ]);
}

const quietly = (promise, show) => promise.then(show, () => {});

function listsRefresh(sample) {
  quietly(ask('api/v1/workers', { limit: 200 }), showWorkers);
  if (lists.deaths_seen !== sample.deaths)
    quietly(ask('api/v1/deaths', { limit: 100 }), (answer) => {
      lists.deaths_seen = sample.deaths;
      showDeaths(answer);
    });
}

function systemRefresh() {
  quietly(ask('api/v1/system'), showSystem);
  quietly(ask('api/v1/cluster'), showCluster);
}
