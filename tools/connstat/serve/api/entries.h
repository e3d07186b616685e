/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What /api/v1/entries is asked for, and its two answers.
 */
#ifndef SERVE_ENTRIES_H
#define SERVE_ENTRIES_H

#include "query/select.h"
#include "serve/http/http.h"

#define ENTRIES_MAX_LIMIT  500
#define ENTRIES_MAX_GROUPS 100000

struct entry_place { /* in the order of pages: by age, then by id */
    int64_t started_at_ns;
    connstat_id id;
};

struct entry_query {
    struct selection selection;
    const char *type;     /* NULL: all */
    const char *search;   /* NULL, or what some value must contain */
    const char *group_by; /* NULL: the entries themselves */
    bool oldest_first;
    uint64_t limit;
    bool has_after;
    struct entry_place after; /* the last one of the page before */
};

/* Whether some value of the entry, its id, pid or key contains the text searched for. */
bool entry_contains(connstat_t *cs, const struct connstat_entry *entry, const char *text);

/* Visit what the query selects, until its client is dropped. As connstat_for_each. */
int64_t entry_query_for_each(const struct request *request, const struct entry_query *query,
                             connstat_visit_fn visit, void *arg);

unsigned entries_write_page(struct request *request, const struct entry_query *query);
unsigned entries_write_groups(struct request *request, const struct entry_query *query);

#endif
