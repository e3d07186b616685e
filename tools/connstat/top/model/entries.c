/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/entries.h"

#include <stdlib.h>

#include "format/metadata.h"
#include "top/model/search.h"

struct taking {
    struct top_entries *entries;
    const char *filter;
    struct buffer words;
};

static bool reserve(struct top_entries *entries)
{
    if (entries->count < entries->room)
        return true;
    int room = entries->room > 0 ? 2 * entries->room : 256;
    struct top_entry *rows = reallocarray(entries->rows, (size_t)room, sizeof(*rows));
    if (!rows)
        return false;
    entries->rows = rows;
    entries->room = room;
    return true;
}

static int take(const struct connstat_entry *entry, void *arg)
{
    struct taking *taking = arg;
    struct top_entries *entries = taking->entries;
    entries->total++;
    entries->have_keys |= entry->key != NULL;
    if (*taking->filter && !top_search_entry(entry, taking->filter, &taking->words))
        return 0;
    entries->cut = entries->count == TOP_MAX_ENTRIES || !reserve(entries);
    if (entries->cut)
        return 1;
    entries->rows[entries->count++] = (struct top_entry){
        .id = entry->id,
        .started_at_ns = entry->started_at_ns,
        .active_at_ns = entry->active_at_ns,
        .pid = entry->pid,
        .type = entry->type,
    };
    return 0;
}

void top_entries_take(struct top_entries *entries, connstat_t *cs, const struct top_scope *scope,
                      const char *filter)
{
    struct taking taking = {.entries = entries, .filter = filter};
    entries->count = entries->total = 0;
    entries->have_keys = entries->cut = false;
    int64_t visited = top_scope_for_each(scope, cs, *filter != '\0', take, &taking);
    entries->error = visited < 0 ? (int)visited : 0;
    buffer_free(&taking.words);
}

static int read_row(const struct connstat_entry *entry, void *arg)
{
    struct top_page_row *row = arg;
    metadata_print(&row->metadata, entry->metadata, entry->metadata_count);
    if (entry->key)
        key_print(entry->key, row->key);
    return 0;
}

void top_entries_page(struct top_entries *entries, connstat_t *cs, const int *rows, int count)
{
    entries->page_count = count < TOP_MAX_PAGE ? count : TOP_MAX_PAGE;
    for (int i = 0; i < entries->page_count; i++) {
        struct top_page_row *row = &entries->page[i];
        row->id = entries->rows[rows[i]].id;
        row->key[0] = '\0';
        buffer_clear(&row->metadata);
        if (connstat_get(cs, row->id, read_row, row) < 0)
            buffer_free(&row->metadata);
    }
}

const struct top_page_row *top_entries_on_page(const struct top_entries *entries, int row)
{
    for (int i = 0; i < entries->page_count; i++) {
        if (entries->page[i].id == entries->rows[row].id)
            return &entries->page[i];
    }
    return NULL;
}

void top_entries_free(struct top_entries *entries)
{
    free(entries->rows);
    for (int i = 0; i < TOP_MAX_PAGE; i++)
        buffer_free(&entries->page[i].metadata);
    *entries = (struct top_entries){0};
}
