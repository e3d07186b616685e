/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The entries that top shows when somebody looks into a type or a worker: all of them in a short
 * form, and the metadata of those that are on the screen.
 */
#ifndef TOP_ENTRIES_H
#define TOP_ENTRIES_H

#include "common/buffer.h"
#include "format/key.h"
#include "top/model/scope.h"

#define TOP_MAX_ENTRIES 1000000 /* not more are shown; a filter finds the others */
#define TOP_MAX_PAGE    512

struct top_entry {
    connstat_id id;
    int64_t started_at_ns, active_at_ns;
    pid_t pid;
    int type;
};

struct top_page_row { /* what is read of a row that is on the screen */
    connstat_id id;
    struct buffer metadata; /* for people; empty: the entry has gone */
    char key[KEY_BYTES];    /* "": it has none */
};

struct top_entries { /* starts as {0} */
    struct top_entry *rows;
    int count, room;
    int total;      /* how many there were before the filter hid some */
    bool have_keys; /* one of them has a key */
    bool cut;       /* there are more than are shown */
    int error;      /* what the last taking returned: 0 or a negative errno */
    struct top_page_row page[TOP_MAX_PAGE];
    int page_count;
};

/* Take the entries of a scope that a filter lets pass (search.h). */
void top_entries_take(struct top_entries *entries, connstat_t *cs, const struct top_scope *scope,
                      const char *filter);

/* Read the metadata and the keys of these rows. */
void top_entries_page(struct top_entries *entries, connstat_t *cs, const int *rows, int count);

/* What was read of a row; NULL: the row is not on the screen. */
const struct top_page_row *top_entries_on_page(const struct top_entries *entries, int row);

void top_entries_free(struct top_entries *entries);

#endif
