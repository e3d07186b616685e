// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The tables of workers and deaths, and the facts about the system and the cluster.

const lists = { workers: new Map(), answer: null, deaths_seen: null, deaths: [] };

function workerRates(worker, now) {
  const key = `${worker.pid}/${worker.tid}/${worker.joined_at}`;
  const before = lists.workers.get(key);
  const elapsed = before ? (now - before.at) / 1000 : 0;
  return { key, opened: elapsed > 0 ? (worker.opened - before.opened) / elapsed : before?.rate ?? null };
}

const worker_columns = [{ title: 'Pid', name: 'pid' }, { title: 'Label', className: 'label', name: 'label' },
  { title: 'State', name: 'state' }, { title: 'Entries', className: 'n', name: 'live' },
  { title: '', className: 'narrow-off' }, { title: 'Opened / s', className: 'n narrow-off', name: 'opened' },
  { title: 'Idle', className: 'n', name: 'idle' }, { title: 'Age', className: 'n narrow-off mid-off', name: 'age' }];
const state_order = ['stopped', 'traced', 'waiting', 'ended', 'running', 'sleeping'];

function stateCell(state) {
  const level = state === 'stopped' || state === 'traced' ? 'bad' : state === 'waiting' ? 'warn' : 'kind';
  return h('span', { class: level }, state ?? 'unknown');
}

function workerRow(worker, most, { key, opened }) {
  const bar = h('i');
  bar.style.width = `${worker.live_total / most * 100}%`;
  const standing = worker.state === 'stopped' || worker.state === 'traced';
  const element = h('tr', { class: standing ? 'standing' : '' },
    h('td', null, h('button', { type: 'button', class: 'link', 'data-key': `worker-${key}`,
      title: `Show the entries of ${worker.pid}`, onclick: () => entriesSetWorker(worker.pid) }, String(worker.pid)),
    worker.tid ? h('span', { class: 'kind' }, ` / ${worker.tid}`) : null),
    h('td', { class: 'label' }, worker.label ?? '', worker.foreign ? h('span', { class: 'warn' }, ' other pid namespace') : null),
    h('td', null, stateCell(worker.state)),
    h('td', { class: 'n' }, number(worker.live_total)),
    h('td', { class: 'narrow-off' }, h('span', { class: 'meter' }, bar)),
    h('td', { class: 'n narrow-off' }, rate(opened)),
    h('td', { class: 'n', title: 'since its last registration' }, duration(worker.idle_s)),
    h('td', { class: 'n narrow-off mid-off', title: moment(worker.joined_at) }, duration(worker.age_s)));
  return { key, element, values: { pid: -worker.pid, label: worker.label ?? '', live: worker.live_total, opened,
    state: -state_order.indexOf(worker.state ?? ''), idle: worker.idle_s, age: worker.age_s } };
}

function showWorkers(answer) {
  const now = performance.now(), seen = new Map();
  const most = Math.max(1, ...answer.workers.map((worker) => worker.live_total));
  const rows = answer.workers.map((worker) => {
    const known = workerRates(worker, now);
    seen.set(known.key, { at: now, opened: worker.opened, rate: known.opened });
    return workerRow(worker, most, known);
  });
  lists.workers = seen;
  lists.answer = answer;
  table($('workers-table'), worker_columns, rows,
    'No workers. They join when they register their first entry.', () => showWorkers(lists.answer));
  $('workers-note').textContent = answer.total > answer.workers.length
    ? `the busiest ${number(answer.workers.length)} of ${number(answer.total)}` : '';
}

function cause(death) {
  if (death.cause === 'signalled') return h('span', { class: 'bad' }, death.signal);
  if (death.cause === 'exited') return h('span', { class: death.status ? 'warn' : '' }, `exit ${death.status}`);
  return death.cause === 'execed' ? 'became another program' : 'unknown';
}

const death_columns = [{ title: 'When', name: 'when' }, { title: 'Pid', name: 'pid' },
  { title: 'Label', className: 'label narrow-off', name: 'label' }, { title: 'Cause', name: 'cause' },
  { title: 'Lived', className: 'n narrow-off', name: 'lived' }, { title: 'Lost', className: 'n', name: 'lost' }];

function lostWords(lost) {
  return Object.entries(lost).filter(([, count]) => count).map(([name, count]) => `${name} ${number(count)}`).join(', ');
}

function deathRow(death) {
  const element = h('tr', null,
    h('td', { title: moment(death.died_at) }, since(death.died_at) < 86400 ? clock(death.died_at) : moment(death.died_at)),
    h('td', null, String(death.pid)),
    h('td', { class: 'label narrow-off' }, death.label ?? ''),
    h('td', null, cause(death)),
    h('td', { class: 'n narrow-off' }, duration(death.lived_s)),
    h('td', { class: `n ${death.lost_total ? '' : 'zero'}`, title: lostWords(death.lost) }, number(death.lost_total)));
  return { key: death.number, element, values: { when: death.number, pid: -death.pid, label: death.label ?? '',
    cause: death.signal ?? death.cause, lived: death.lived_s, lost: death.lost_total } };
}

function showDeaths(answer) {
  lists.deaths = answer.deaths;
  table($('deaths-table'), death_columns, answer.deaths.map(deathRow), 'No worker has died.', () => showDeaths(answer));
  $('deaths-note').textContent = answer.total > answer.deaths.length
    ? `the last ${number(answer.deaths.length)} of ${number(answer.total)}` : '';
}

// Shown instead of a worker's memory and open files where the server may not read them: the kernel
// tells them only to the user whom the worker runs as, so the server has to run as that user.
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

const lone = [
  ['Live nodes', '1'],
  ['Cluster', 'this node alone'],
  ['To join others', 'connstat agent'],
];

// For a node whose agent has gone, or whose last news of its cluster is older than its lease.
function downFacts(cluster) {
  return [
    ['Cluster', cluster.cluster],
    ['This node', cluster.node],
    ['Agent', cluster.agent_pid ? String(cluster.agent_pid) : h('span', { class: 'bad' }, 'has gone')],
    ['No news for', h('span', { class: 'bad' }, duration(cluster.age_ms / 1000))],
    ['Counted', 'this node alone'],
  ];
}

function upFacts(cluster) {
  return [
    ['Cluster', cluster.cluster],
    ['This node', cluster.node],
    ['Live nodes', number(cluster.nodes)],
    ['Connections', number(cluster.counts.total_connections)],
    ['Channels', number(cluster.counts.total_channels)],
    ['Counted', `${number(cluster.age_ms)} ms ago`],
    ['Missing', cluster.missing.length ? h('span', { class: 'bad' }, cluster.missing.join(', ')) : 'none'],
  ];
}

function showCluster(cluster) {
  const down = cluster.cluster && (!cluster.agent_pid || cluster.age_ms >= cluster.lease_ms);
  facts($('cluster-list'), down ? downFacts(cluster) : cluster.cluster ? upFacts(cluster) : lone);
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
