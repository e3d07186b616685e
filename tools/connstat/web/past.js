// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The last half hour in columns, as /api/v1/history gives it and the samples go on with it.

const past = { created_ms: null, at: [], workers: [], types: [] };
const past_length = 1800;

async function pastLoad() {
  const answer = await ask('api/v1/history', { seconds: past_length });
  past.at = answer.at_ms.map((ms) => ms / 1000);
  past.workers = answer.workers;
  past.types = answer.types.map((type, i) => ({ ...type, color: `var(--type-${i % 10})` }));
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
    push(type.live, now?.live ?? null);
    push(type.opened, now?.opened ?? null);
    push(type.gone, now ? now.closed + now.lost : null);
  });
}

// First index of the last so many seconds.
function pastFrom(seconds) {
  const start = past.at[past.at.length - 1] - seconds;
  let index = past.at.length;
  while (index > 0 && past.at[index - 1] > start) index--;
  return index;
}

// Rise per second of a column's value at index, over the step before it.
function rise(column, index, step) {
  const before = Math.max(0, index - step);
  const elapsed = past.at[index] - past.at[before];
  if (column[index] === null || column[before] === null || !(elapsed > 0)) return null;
  const risen = column[index] - column[before];
  return risen < 0 ? null : risen / elapsed;
}

const riseNow = (column) => rise(column, column.length - 1, 5);

function sum(values) {
  return values.some((value) => value === null) ? null : values.reduce((a, b) => a + b, 0);
}

const typeColor = (name) => past.types.find(({ type }) => type === name)?.color ?? 'var(--muted)';
