/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The entries that top shows when somebody looks into a type or a worker: all of them in a short
 * form, and the metadata of those that are on the screen.
 */
#ifndef TOP_ENTRIES_H
#define TOP_ENTRIES_H

#include "common/buffer.h"
#include <connstat.h>

#define TOP_MAX_ENTRIES 1000000 /* not more are shown; a filter finds the others */
#define TOP_MAX_PAGE    512

struct top_entry {
    connstat_id id;
    int64_t started_at_ns;
    pid_t pid;
    int type;
};

struct top_entries {    /* starts as {0} */
    int type;           /* or CONNSTAT_ANY_TYPE */
    pid_t pid;          /* of this worker; 0: of any */
    const char *filter; /* what their metadata must contain, in upper or lower case; "": any */
    struct top_entry *rows;
    int count, room;
    bool cut;  /* there are more than are shown */
    int error; /* what the last taking returned: 0 or a negative errno */
    connstat_id page_ids[TOP_MAX_PAGE];
    struct buffer page[TOP_MAX_PAGE]; /* their metadata for people; empty: the entry has gone */
    int page_count;
};

void top_entries_take(struct top_entries *entries, connstat_t *cs);

/* Read the metadata of these rows. */
void top_entries_page(struct top_entries *entries, connstat_t *cs, const int *rows, int count);

/* The metadata of a row on the screen; NULL: the entry has gone, or the row is not on the
 * screen. */
const char *top_entries_metadata(const struct top_entries *entries, int row);

void top_entries_free(struct top_entries *entries);

#endif
