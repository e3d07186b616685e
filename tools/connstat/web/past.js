// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The last half hour of one segment, in columns: /api/v1/history gives it once, and each sample adds
// a row. When another segment takes the name, it begins anew (created_ms tells them apart).

const past = { created_ms: null, at: [], workers: [], types: [] };
const past_length = 1800;

const pastType = (type, i) => ({ ...type, color: `var(--type-${i % 10})` });

// Begins the past with nothing but the types of a sample, so that the page can show the present
// before /api/v1/history has answered.
function pastBegin(sample) {
  past.created_ms = sample.created_at_ms;
  past.at = [];
  past.workers = [];
  past.types = sample.types.map(({ type, kind, slots, slots_max }, i) =>
    pastType({ type, kind, slots, slots_max, live: [], opened: [], gone: [] }, i));
}

async function pastLoad() {
  const created = past.created_ms;
  const answer = await ask('api/v1/history', { seconds: past_length });
  if (past.created_ms !== created || answer.types.length !== past.types.length ||
    answer.types.some(({ type }, i) => past.types[i].type !== type)) return; // of another segment
  const at = answer.at_ms.map((ms) => ms / 1000);
  const since = past.at.findIndex((time) => time > at[at.length - 1]);
  const later = (column) => since < 0 ? [] : column.slice(since);
  past.types = answer.types.map((type, i) => pastType({ ...type,
    live: [...type.live, ...later(past.types[i].live)],
    opened: [...type.opened, ...later(past.types[i].opened)],
    gone: [...type.gone, ...later(past.types[i].gone)] }, i));
  past.workers = [...answer.workers, ...later(past.workers)];
  past.at = [...at, ...later(past.at)];
}

function pastAppend(sample) {
  if (past.at.length && sample.at_ms / 1000 <= past.at[past.at.length - 1]) return;
  const attached = !sample.problem;
  const push = (column, value) => {
    column.push(attached ? value : null);
    if (column.length > past_length) column.shift();
  };
  past.at.push(sample.at_ms / 1000);
  if (past.at.length > past_length) past.at.shift();
  push(past.workers, sample.workers);
  past.types.forEach((type, i) => {
    const now = sample.types?.[i];
    if (now?.slots) type.slots = now.slots;
    push(type.live, now?.live ?? null);
    push(type.opened, now?.opened ?? null);
    push(type.gone, now ? now.closed + now.lost : null);
  });
}

// The index of the first row within the last so many seconds.
function pastFrom(seconds) {
  const start = past.at[past.at.length - 1] - seconds;
  let index = past.at.length;
  while (index > 0 && past.at[index - 1] > start) index--;
  return index;
}

// How much a column rose per second over the `step` rows before index; null where a value is missing
// or has fallen (then it is of another segment).
function rise(column, index, step) {
  const before = Math.max(0, index - step);
  const elapsed = past.at[index] - past.at[before];
  if (column[index] === null || column[before] === null || !(elapsed > 0)) return null;
  const risen = column[index] - column[before];
  return risen < 0 ? null : risen / elapsed;
}

const riseNow = (column) => rise(column, column.length - 1, 5);

function sum(values) {
  return values.some((value) => value === null || value === undefined) ? null : values.reduce((a, b) => a + b, 0);
}

const typeColor = (name) => past.types.find(({ type }) => type === name)?.color ?? 'var(--muted)';
