/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker as a row: what the segment tells of it, and what a watch knows.
 */
#ifndef ALERTS_WORKER_ROW_H
#define ALERTS_WORKER_ROW_H

#include "alerts/watch.h"
#include "format/sheet.h"

#define WORKER_COLUMNS 19
extern const struct column worker_columns[WORKER_COLUMNS];

struct worker_row {
    struct value values[WORKER_COLUMNS];
};

/* Returns the values of worker_columns, kept in row. They point into the worker. names are those
 * of the counts, by type; watched is NULL where the watch does not know the worker; container is
 * that of container_of. */
const struct value *worker_values(const struct connstat_worker *worker,
                                  const struct watched_worker *watched, const char *container,
                                  const char *const *names, size_t type_count,
                                  struct worker_row *row);

#endif
