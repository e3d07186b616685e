/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A page of entries. One pass over all entries keeps in a heap only which ones belong to the page;
 * then these are read again and written. A page begins after an entry, not at a number, so no
 * entry is skipped or shown twice because others came and went.
 */
#include <stdlib.h>

#include "describe/entry.h"
#include "format/json.h"
#include "serve/api/entries.h"

struct heap { /* the entry on top would be the last one of the page */
    const struct entry_query *query;
    struct entry_place places[ENTRIES_MAX_LIMIT];
    size_t count;
    uint64_t selected;  /* how many entries are selected, on all pages */
    uint64_t remaining; /* how many of them are on this page and those after it */
};

static bool is_before(const struct entry_query *query, const struct entry_place *a,
                      const struct entry_place *b)
{
    if (query->oldest_first) {
        const struct entry_place *swap = a;
        a = b;
        b = swap;
    }
    return a->started_at_ns != b->started_at_ns ? a->started_at_ns > b->started_at_ns
                                                : a->id > b->id;
}

static void swap(struct entry_place *a, struct entry_place *b)
{
    struct entry_place kept = *a;
    *a = *b;
    *b = kept;
}

static void sift_up(struct heap *heap, size_t at)
{
    for (size_t parent; at > 0; at = parent) {
        parent = (at - 1) / 2;
        if (!is_before(heap->query, &heap->places[parent], &heap->places[at]))
            return;
        swap(&heap->places[parent], &heap->places[at]);
    }
}

static void sift_down(struct heap *heap)
{
    for (size_t at = 0, last = 0;; at = last) {
        for (size_t child = 2 * at + 1; child < heap->count && child <= 2 * at + 2; child++) {
            if (is_before(heap->query, &heap->places[last], &heap->places[child]))
                last = child;
        }
        if (last == at)
            return;
        swap(&heap->places[at], &heap->places[last]);
    }
}

static int keep(const struct connstat_entry *entry, void *arg)
{
    struct heap *heap = arg;
    const struct entry_query *query = heap->query;
    struct entry_place place = {entry->started_at_ns, entry->id};
    heap->selected++;
    if (query->has_after && !is_before(query, &query->after, &place))
        return 0;
    heap->remaining++;
    if (heap->count < query->limit) {
        heap->places[heap->count] = place;
        sift_up(heap, heap->count++);
    } else if (is_before(query, &place, &heap->places[0])) {
        heap->places[0] = place;
        sift_down(heap);
    }
    return 0;
}

/* Take the last entry off the top again and again: what is left behind is in order. */
static void sort(struct heap *heap)
{
    size_t count = heap->count;
    while (heap->count > 1) {
        heap->count--;
        swap(&heap->places[0], &heap->places[heap->count]);
        sift_down(heap);
    }
    heap->count = count;
}

struct writing {
    struct jsonw json;
    connstat_t *cs;
    const struct network *network; /* NULL: nobody asked about it */
};

static int write_entry(const struct connstat_entry *entry, void *arg)
{
    struct writing *writing = arg;
    if (writing->network)
        net_entry_json(&writing->json, NULL, writing->cs, writing->network, entry);
    else
        entry_json(&writing->json, NULL, writing->cs, entry);
    return 0;
}

static void write_page(struct request *request, const struct heap *heap)
{
    const struct entry_query *query = heap->query;
    struct writing writing = {request_document(request), request->cs,
                              query->asks_network ? &query->network : NULL};
    struct jsonw *json = &writing.json;
    jsonw_unsigned(json, "entry_count", heap->selected);
    jsonw_open(json, "entries", '[');
    for (size_t i = 0; i < heap->count; i++)
        connstat_get(request->cs, heap->places[i].id, write_entry,
                     &writing); /* ignored: the entry may have gone */
    jsonw_close(json);
    char next[64];
    const struct entry_place *last = heap->count ? &heap->places[heap->count - 1] : NULL;
    if (last)
        snprintf(next, sizeof(next), "%lld-%llu", (long long)last->started_at_ns,
                 (unsigned long long)last->id);
    jsonw_text(json, "next", heap->remaining > heap->count ? next : NULL);
    entry_query_remarks(json, query);
    jsonw_close(json);
}

unsigned entries_write_page(struct request *request, struct entry_query *query)
{
    struct heap *heap = calloc(1, sizeof(*heap));
    if (!heap)
        return request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    heap->query = query;
    unsigned status = MHD_HTTP_OK;
    if (entry_query_for_each(request, query, keep, heap) < 0) {
        status = request_no_segment(request);
    } else {
        sort(heap);
        write_page(request, heap);
    }
    free(heap);
    return status;
}
