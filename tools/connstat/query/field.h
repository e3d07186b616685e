/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the name of a field stands for, in conditions, for sorting and for grouping: id, type, pid,
 * key, started, age and idle are the entry's own, and so are worker, started_at, age_s and idle_s,
 * as columns and JSON call some of them. All other names are of the metadata; with a dot before them these
 * are, too: .type.
 */
#ifndef TOOLS_FIELD_H
#define TOOLS_FIELD_H

#include <connstat.h>

#include "query/source.h"

enum field_kind {
    FIELD_METADATA,
    FIELD_ID,
    FIELD_TYPE,
    FIELD_PID,
    FIELD_KEY,
    FIELD_STARTED,
    FIELD_AGE,
    FIELD_IDLE,
    FIELD_OF_SOURCE
};

struct field_ref {
    enum field_kind kind;
    const char *name; /* in the metadata; of an entry's own field: how it is called */
    const struct field_source *source; /* of a FIELD_OF_SOURCE: where it comes from, */
    int number;                        /* and which of its fields it is */
};

/* Find what a name stands for; source is NULL, or where more fields come from. The result points
 * into text. */
struct field_ref field_find(const char *text, const struct field_source *source);

/* An entry's value of a field, or NULL where it has none. The value and its text live in storage or
 * in the entry. */
struct entry_field {
    struct connstat_field field;
    char text[48];
};

/* The value to sort by: times are numbers, ages run against them, keys go by their bytes. */
const struct connstat_field *field_to_sort(connstat_t *cs, const struct connstat_entry *entry,
                                           struct field_ref ref, struct entry_field *storage);

/* The value to show, as people and conditions write it: times are text, ages whole seconds. */
const struct connstat_field *field_to_show(connstat_t *cs, const struct connstat_entry *entry,
                                           struct field_ref ref, struct entry_field *storage);

#endif
