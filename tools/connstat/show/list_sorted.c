/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat list --sort: needs memory for all that match.
 */
#include <stdlib.h>
#include <string.h>

#include "common/failure.h"
#include "common/output.h"
#include "describe/entry.h"
#include "format/metadata.h"
#include "query/field.h"
#include "show/listing.h"

struct kept {
    connstat_id id;
    int type;
    pid_t pid;
    int64_t started_at_ns;
    bool has_key, has_field;
    struct connstat_key key;
    size_t encoded_size;
    struct connstat_field field; /* to sort by; its text stands behind the encoded metadata */
    char encoded[];
};

struct collection {
    const struct listing *listing;
    const char *field_name;
    bool reversed;
    bool failed; /* out of memory */
    size_t count, capacity;
    struct kept **entries;
};

static struct kept *keep(const struct connstat_entry *entry, const struct connstat_field *field)
{
    const char *text = field && field->type == CONNSTAT_TEXT ? field->value.text : "";
    size_t text_size = strlen(text) + 1;
    struct kept *kept = malloc(sizeof(*kept) + entry->encoded_size + text_size);
    if (!kept)
        return NULL;
    *kept = (struct kept){.id = entry->id,
                          .type = entry->type,
                          .pid = entry->pid,
                          .started_at_ns = entry->started_at_ns,
                          .has_key = entry->key != NULL,
                          .has_field = field != NULL,
                          .encoded_size = entry->encoded_size};
    if (entry->key)
        kept->key = *entry->key;
    if (entry->encoded_size > 0)
        memcpy(kept->encoded, entry->encoded, entry->encoded_size);
    memcpy(kept->encoded + entry->encoded_size, text, text_size);
    if (field) {
        kept->field = *field;
        if (field->type == CONNSTAT_TEXT)
            kept->field.value.text = kept->encoded + entry->encoded_size;
    }
    return kept;
}

static bool reserve(struct collection *collection)
{
    if (collection->count < collection->capacity)
        return true;
    size_t capacity = collection->capacity ? 2 * collection->capacity : 1024;
    struct kept **entries =
        reallocarray(collection->entries, capacity, sizeof(*collection->entries));
    if (!entries)
        return false;
    collection->entries = entries;
    collection->capacity = capacity;
    return true;
}

static int collect(const struct connstat_entry *entry, void *arg)
{
    struct collection *collection = arg;
    struct entry_field storage;
    const struct connstat_field *field =
        entry_field_find(collection->listing->cs, entry, collection->field_name, &storage);
    struct kept *kept = reserve(collection) ? keep(entry, field) : NULL;
    if (!kept) {
        collection->failed = true;
        return 1;
    }
    collection->entries[collection->count++] = kept;
    return 0;
}

/* Those without the field come last in either order; equal ones in the order of their ids. */
static int compare(const void *a, const void *b, void *arg)
{
    const struct collection *collection = arg;
    const struct kept *x = *(struct kept *const *)a, *y = *(struct kept *const *)b;
    int order = field_compare(x->has_field ? &x->field : NULL, y->has_field ? &y->field : NULL);
    if (collection->reversed && x->has_field && y->has_field)
        order = -order;
    return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
}

static void print_kept(struct sheet *sheet, connstat_t *cs, const struct kept *kept)
{
    enum { MAX_FIELDS = 2048 };
    static char scratch[4097];
    static struct connstat_field fields[MAX_FIELDS];
    int count = kept->encoded_size > 0 ? connstat_decode(kept->encoded, kept->encoded_size, scratch,
                                                         fields, MAX_FIELDS)
                                       : 0;
    struct connstat_entry entry = {.id = kept->id,
                                   .type = kept->type,
                                   .pid = kept->pid,
                                   .started_at_ns = kept->started_at_ns,
                                   .metadata = fields,
                                   .metadata_count = count > 0 ? (size_t)count : 0,
                                   .key = kept->has_key ? &kept->key : NULL};
    struct entry_row row;
    sheet_row(sheet, entry_values(cs, &entry, &row));
}

static void print_collection(const struct collection *collection)
{
    const struct listing *listing = collection->listing;
    struct sheet sheet;
    struct sheet_about about = {.rows = "entries",
                                .segment = segment_name(listing->context->segment),
                                .empty = "no such connections"};
    sheet_start(&sheet, listing->context, entry_columns, ENTRY_COLUMNS, &about);
    for (size_t i = 0; i < collection->count && i < listing->limit && !output_failed(); i++)
        print_kept(&sheet, listing->cs, collection->entries[i]);
    sheet_end(&sheet);
}

int list_sorted(const struct listing *listing)
{
    struct collection collection = {.listing = listing, .reversed = *listing->sort == '-'};
    collection.field_name = listing->sort + collection.reversed;
    int64_t visited = select_for_each(listing->cs, &listing->selection, collect, &collection);
    int status = visit_status(listing->context->segment, visited);
    if (collection.failed)
        status = failure("out of memory: without --sort a list of any length fits");
    if (status == STATUS_OK) {
        if (collection.count > 0)
            qsort_r(collection.entries, collection.count, sizeof(*collection.entries), compare,
                    &collection);
        print_collection(&collection);
    }
    for (size_t i = 0; i < collection.count; i++)
        free(collection.entries[i]);
    free(collection.entries);
    return status;
}
