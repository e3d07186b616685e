// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// What is shown stands in the page's address, so that it can be kept, sent and reloaded.

const address = {
  get(name) {
    return new URLSearchParams(location.search).get(name) ?? '';
  },
  // { name: value }; an empty value goes.
  set(changes) {
    const parameters = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value) parameters.set(name, value);
      else parameters.delete(name);
    }
    const text = parameters.toString();
    history.replaceState(null, '', location.pathname + (text && `?${text}`) + location.hash);
  },
};

// "types.live-,workers.idle": by which column each table is sorted; a minus: the other way round.
const sorting = {
  of(table) {
    const found = address.get('sort').split(',').find((word) => word.startsWith(`${table}.`));
    if (!found) return null;
    const reversed = found.endsWith('-');
    return { column: found.slice(table.length + 1, reversed ? -1 : undefined), reversed };
  },
  // Once: as the column is best read; twice: the other way round; a third time: as it was.
  press(table, column) {
    const now = sorting.of(table);
    const others = address.get('sort').split(',').filter((word) => word && !word.startsWith(`${table}.`));
    if (!now || now.column !== column) others.push(`${table}.${column}`);
    else if (!now.reversed) others.push(`${table}.${column}-`);
    address.set({ sort: others.join(',') });
  },
};
