/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which columns a list of entries has: those of describe/entry.h and with --net those of net/fields.h,
 * or those that were asked for, among them fields of the metadata.
 */
#ifndef TOOLS_COLUMNS_H
#define TOOLS_COLUMNS_H

#include "describe/entry.h"
#include "net/fields.h"

#define COLUMNS_MAX TABLE_MAX_COLUMNS

struct columns {                   /* starts as {.network}: all */
    const struct network *network; /* NULL: nobody asked about the network */
    size_t count;
    uint64_t asked; /* which of the sources below, a bit each; only once columns_read was called */
    struct column columns[COLUMNS_MAX];
    int sources[COLUMNS_MAX]; /* of entry_columns; then of net_columns; then the object "net"; or
                                 -1: the metadata's field of that name */
    char *words;              /* from malloc: the names */
    char *titles[COLUMNS_MAX];
    char *names[COLUMNS_MAX];        /* NULL, or from malloc: that of the column */
    const char *fields[COLUMNS_MAX]; /* of those of the metadata: the field's name there */
    bool were_found[COLUMNS_MAX];    /* some entry had it */
};

/* Reads a list of columns, such as "id,pid,user_id". False: a column is empty or given twice, or there are too
 * many. */
bool columns_read(struct columns *columns, const char *text);
void columns_free(struct columns *columns);

/* Called when all options were read: without a columns_read before it, all columns are shown. */
void columns_complete(struct columns *columns, enum format format);

/* The entry's values, kept in row. */
struct columns_row {
    struct value values[COLUMNS_MAX];
    struct entry_row entry;
    struct net_row net;
};
const struct value *columns_values(struct columns *columns, connstat_t *cs,
                                   const struct connstat_entry *entry, struct columns_row *row);

/* Called after all rows: prints a remark on each field of the metadata that was asked for and that no row
 * had. */
void columns_remarks(const struct columns *columns, uint64_t row_count);

#endif
