/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The entries that top shows when somebody looks into a type or a worker: which there are, held
 * small, and the metadata of those on the screen.
 */
#ifndef TOP_ENTRIES_H
#define TOP_ENTRIES_H

#include "common/buffer.h"
#include <connstat.h>

#define TOP_MAX_ENTRIES 1000000 /* shown; beyond it a filter helps */
#define TOP_MAX_PAGE    512

struct top_entry {
    connstat_id id;
    int64_t started_at_ns;
    pid_t pid;
    int type;
};

struct top_entries {    /* starts as {0} */
    int type;           /* or CONNSTAT_ANY_TYPE */
    pid_t pid;          /* of the worker; 0: any */
    const char *filter; /* in the metadata, in any case of its letters; "": none */
    struct top_entry *rows;
    int count, room;
    bool cut;  /* there are more */
    int error; /* 0 or a negative errno of the last taking */
    connstat_id page_ids[TOP_MAX_PAGE];
    struct buffer page[TOP_MAX_PAGE]; /* their metadata for people; nothing: gone meanwhile */
    int page_count;
};

void top_entries_take(struct top_entries *entries, connstat_t *cs);

/* Fetch the metadata of these rows. */
void top_entries_page(struct top_entries *entries, connstat_t *cs, const int *rows, int count);

/* The metadata of a row of the page; NULL: it is gone, or not of the page. */
const char *top_entries_metadata(const struct top_entries *entries, int row);

void top_entries_free(struct top_entries *entries);

#endif
