// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: connstat contributors

// The page keeps what it shows (filters, sorting, range) in its own address, so that a view can be
// bookmarked, sent to somebody, and reloaded.

const address = {
  get(name) {
    return new URLSearchParams(location.search).get(name) ?? '';
  },
  // changes: { name: value }. A parameter with an empty value is removed from the address.
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

// The parameter "sort" says by which column each table is sorted: "types.live-,workers.idle" sorts
// the table "types" by "live" and "workers" by "idle". A minus reverses the column's usual order.
const sorting = {
  of(table) {
    const found = address.get('sort').split(',').find((word) => word.startsWith(`${table}.`));
    if (!found) return null;
    const reversed = found.endsWith('-');
    return { column: found.slice(table.length + 1, reversed ? -1 : undefined), reversed };
  },
  // The first press on a column sorts by it in its usual order, the second reverses that, and the
  // third leaves the table unsorted again.
  press(table, column) {
    const now = sorting.of(table);
    const others = address.get('sort').split(',').filter((word) => word && !word.startsWith(`${table}.`));
    if (!now || now.column !== column) others.push(`${table}.${column}`);
    else if (!now.reversed) others.push(`${table}.${column}-`);
    address.set({ sort: others.join(',') });
  },
};
