/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which entries /api/v1/entries is asked for, and in what order.
 */
#ifndef SERVE_ENTRY_QUERY_H
#define SERVE_ENTRY_QUERY_H

#include "format/json.h"
#include "net/fields.h"
#include "query/select.h"
#include "serve/http/request.h"

struct entry_place { /* where an entry stands: entries are ordered by age, then by id */
    int64_t started_at_ns;
    connstat_id id;
};

struct entry_query {
    struct selection selection;
    const char *wheres[SELECT_MAX_WHERES + 1]; /* read once it is known what names mean */
    size_t where_count;
    bool asks_network;
    struct network network; /* where asks_network: what the kernel tells of sockets */
    struct net_source source;
    const char *types[CONNSTAT_MAX_TYPES]; /* with none, all types */
    size_t type_count;
    const char *search;   /* NULL, or the text that some value must contain */
    const char *group_by; /* NULL: the entries themselves are asked for */
    bool has_order, oldest_first;
    uint64_t limit;
    bool has_after;
    struct entry_place after; /* the last entry of the page before */
};

/* Visit the entries that the query selects, as connstat_for_each does. Ends early when the client
 * is dropped. */
int64_t entry_query_for_each(const struct request *request, struct entry_query *query,
                             connstat_visit_fn visit, void *arg);

/* Write the member "remarks": a sentence for each thing that may surprise in the answer. */
void entry_query_remarks(struct jsonw *json, const struct entry_query *query);

#endif
