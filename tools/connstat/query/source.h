/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Fields that an entry has from elsewhere than the segment, as those of its socket, which the
 * kernel tells. Where a selection has such a source, the names of its fields come before those of
 * the metadata; with a dot before them they are the metadata's, as always: .state.
 */
#ifndef QUERY_SOURCE_H
#define QUERY_SOURCE_H

#include <connstat.h>

struct entry_field;
struct field_source;

struct source_field {
    const char *name;       /* as JSON calls it: "rtt_us" */
    const char *short_name; /* NULL, or as people may call it, too: "rtt" */
    const char *takes;      /* what a condition compares it with, in words */
    bool is_text;           /* it is a word, and read only says whether there is such a one */
};

struct field_source {
    const struct source_field *fields;
    int field_count;

    /* What is said where no entry has the field that a condition names. */
    const char *why_absent;

    /* Read what a condition compares a value with. name is that of the field's two names that was
     * typed. False: it is none. */
    bool (*read)(int field, const char *name, const char *text, long double *number);

    /* The entry's value, or NULL where it has none; kept in storage. */
    const struct connstat_field *(*value)(const struct field_source *source,
                                          const struct connstat_entry *entry, int field,
                                          struct entry_field *storage);

    /* Whether the source knows nothing of the entry because it came later. It is left out. */
    bool (*is_later)(const struct field_source *source, const struct connstat_entry *entry);
};

/* The number of the field of that name. Below 0: it has none, or source is NULL. */
int source_find(const struct field_source *source, const char *name);

/* The one of that field's two names that was typed. */
const char *source_name(const struct field_source *source, int number, const char *typed);

#endif
