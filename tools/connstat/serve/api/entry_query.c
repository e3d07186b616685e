/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/api/entry_query.h"

#include "query/search.h"

struct filtered_visit {
    const struct request *request;
    const struct search *search; /* NULL: all entries */
    connstat_visit_fn visit;
    void *arg;
};

static int visit_filtered(const struct connstat_entry *entry, void *arg)
{
    struct filtered_visit *filtered = arg;
    const struct request *request = filtered->request;
    if (atomic_load_explicit(&request->client->dropped, memory_order_relaxed))
        return 1;
    if (filtered->search && !search_finds(filtered->search, entry))
        return 0;
    return filtered->visit(entry, filtered->arg);
}

int64_t entry_query_for_each(const struct request *request, struct entry_query *query,
                             connstat_visit_fn visit, void *arg)
{
    bool searches = query->search && *query->search;
    struct search search;
    if (searches)
        search_start(&search, request->cs, query->search);
    struct filtered_visit filtered = {request, searches ? &search : NULL, visit, arg};
    return select_for_each(request->cs, &query->selection, visit_filtered, &filtered);
}

static void write_remark(const char *remark, void *arg)
{
    jsonw_text(arg, NULL, remark);
}

void entry_query_remarks(struct jsonw *json, const struct entry_query *query)
{
    jsonw_open(json, "remarks", '[');
    select_remarks(&query->selection, write_remark, json);
    jsonw_close(json);
}
