/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/metadata.h"

struct taking {
    struct top_entries *entries;
    struct buffer words;
};

static bool matches(struct taking *taking, const struct connstat_entry *entry)
{
    struct top_entries *entries = taking->entries;
    if (entries->pid != 0 && entry->pid != entries->pid)
        return false;
    if (!*entries->filter)
        return true;
    buffer_clear(&taking->words);
    metadata_print(&taking->words, entry->metadata, entry->metadata_count);
    return taking->words.bytes && strcasestr(taking->words.bytes, entries->filter);
}

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
    if (!matches(taking, entry))
        return 0;
    entries->cut = entries->count == TOP_MAX_ENTRIES || !reserve(entries);
    if (entries->cut)
        return 1;
    entries->rows[entries->count++] = (struct top_entry){
        .id = entry->id,
        .started_at_ns = entry->started_at_ns,
        .pid = entry->pid,
        .type = entry->type,
    };
    return 0;
}

void top_entries_take(struct top_entries *entries, connstat_t *cs)
{
    struct taking taking = {.entries = entries};
    entries->count = 0;
    entries->cut = false;
    int64_t visited = *entries->filter
                          ? connstat_for_each(cs, entries->type, take, &taking)
                          : connstat_for_each_encoded(cs, entries->type, take, &taking);
    entries->error = visited < 0 ? (int)visited : 0;
    buffer_free(&taking.words);
}

static int print_entry(const struct connstat_entry *entry, void *arg)
{
    metadata_print(arg, entry->metadata, entry->metadata_count);
    return 0;
}

void top_entries_page(struct top_entries *entries, connstat_t *cs, const int *rows, int count)
{
    entries->page_count = count < TOP_MAX_PAGE ? count : TOP_MAX_PAGE;
    for (int i = 0; i < entries->page_count; i++) {
        entries->page_ids[i] = entries->rows[rows[i]].id;
        buffer_clear(&entries->page[i]);
        if (connstat_get(cs, entries->page_ids[i], print_entry, &entries->page[i]) < 0)
            buffer_free(&entries->page[i]);
    }
}

const char *top_entries_metadata(const struct top_entries *entries, int row)
{
    for (int i = 0; i < entries->page_count; i++) {
        if (entries->page_ids[i] == entries->rows[row].id)
            return entries->page[i].bytes;
    }
    return NULL;
}

void top_entries_free(struct top_entries *entries)
{
    free(entries->rows);
    for (int i = 0; i < TOP_MAX_PAGE; i++)
        buffer_free(&entries->page[i]);
    *entries = (struct top_entries){0};
}
