/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry as a row of a sheet and as an object.
 */
#ifndef DESCRIBE_ENTRY_H
#define DESCRIBE_ENTRY_H

#include <connstat.h>

#include "format/key.h"
#include "format/sheet.h"

#define ENTRY_COLUMNS 9
extern const struct column entry_columns[ENTRY_COLUMNS];

struct entry_row {
    struct value values[ENTRY_COLUMNS];
    char key[KEY_BYTES];
};

/* Returns the values of entry_columns, kept in row. They point into the entry and into row. */
const struct value *entry_values(connstat_t *cs, const struct connstat_entry *entry,
                                 struct entry_row *row);

/* Write the entry as an object, as "connstat list -o json" shows it. */
void entry_json(struct jsonw *json, const char *name, connstat_t *cs,
                const struct connstat_entry *entry);

#endif
