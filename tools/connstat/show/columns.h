/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which columns a list of entries has: those of describe/entry.h, or those that were asked for, among
 * them fields of the metadata.
 */
#ifndef TOOLS_COLUMNS_H
#define TOOLS_COLUMNS_H

#include "describe/entry.h"

#define COLUMNS_MAX TABLE_MAX_COLUMNS

struct columns { /* starts as {0}: all */
    size_t count;
    struct column columns[COLUMNS_MAX];
    int sources[COLUMNS_MAX]; /* of entry_columns; -1: the metadata's field of that name */
    char *words;              /* from malloc: the names */
    char *titles[COLUMNS_MAX];
};

/* "id,pid,user_id". False: one is empty, given twice, or too many. */
bool columns_read(struct columns *columns, const char *text);
void columns_free(struct columns *columns);

/* Without columns_read: all. */
void columns_complete(struct columns *columns);

/* The entry's values, kept in values and row. */
const struct value *columns_values(const struct columns *columns, connstat_t *cs,
                                   const struct connstat_entry *entry, struct entry_row *row,
                                   struct value values[COLUMNS_MAX]);

#endif
