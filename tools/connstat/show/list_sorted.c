/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat list --sort. It needs memory for all entries that are selected, or with --limit for
 * that many: these are kept in a heap whose top is the last of them, so that most entries need one
 * comparison and no copy.
 */
#include <stdlib.h>

#include "common/failure.h"
#include "common/output.h"
#include "describe/entry.h"
#include "describe/kept.h"
#include "format/metadata.h"
#include "query/field.h"
#include "show/listing.h"

struct collection {
    struct listing *listing;
    struct field_ref field;
    bool reversed;
    bool was_found; /* some entry has the field */
    bool failed;    /* out of memory */
    size_t count, capacity;
    struct kept **entries;
};

/* Entries without the field come last in either order; equal ones come in the order of their
 * ids. */
static int compare(const struct collection *collection, const struct kept *x, const struct kept *y)
{
    int order = field_compare(x->has_field ? &x->field : NULL, y->has_field ? &y->field : NULL);
    if (collection->reversed && x->has_field && y->has_field)
        order = -order;
    return order != 0 ? order : (x->id > y->id) - (x->id < y->id);
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

static void sift_up(const struct collection *collection, size_t at)
{
    struct kept **entries = collection->entries, *moving = entries[at];
    while (at > 0 && compare(collection, moving, entries[(at - 1) / 2]) > 0) {
        entries[at] = entries[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    entries[at] = moving;
}

static void sift_down(const struct collection *collection)
{
    struct kept **entries = collection->entries, *moving = entries[0];
    size_t at = 0;
    for (size_t child = 1; child < collection->count; child = 2 * at + 1) {
        if (child + 1 < collection->count &&
            compare(collection, entries[child + 1], entries[child]) > 0)
            child++;
        if (compare(collection, entries[child], moving) <= 0)
            break;
        entries[at] = entries[child];
        at = child;
    }
    entries[at] = moving;
}

static int collect(const struct connstat_entry *entry, void *arg)
{
    struct collection *collection = arg;
    struct entry_field storage;
    const struct connstat_field *field =
        field_to_sort(collection->listing->cs, entry, collection->field, &storage);
    struct kept described = kept_describe(entry, field);
    bool is_full = collection->count == collection->listing->limit;
    collection->was_found |= field != NULL;
    if (is_full && compare(collection, &described, collection->entries[0]) > 0)
        return 0;
    struct kept *kept = reserve(collection) ? kept_copy(&described, entry) : NULL;
    if (!kept) {
        collection->failed = true;
        return 1;
    }
    if (is_full) {
        free(collection->entries[0]);
        collection->entries[0] = kept;
        sift_down(collection);
    } else {
        collection->entries[collection->count++] = kept;
        if (collection->listing->limit < UINT64_MAX)
            sift_up(collection, collection->count - 1);
    }
    return 0;
}

static int compare_kept(const void *a, const void *b, void *arg)
{
    return compare(arg, *(struct kept *const *)a, *(struct kept *const *)b);
}

static void print_kept(struct sheet *sheet, struct listing *listing, const struct kept *kept)
{
    struct columns_row row;
    struct connstat_entry entry = kept_entry(kept);
    sheet_row(sheet, columns_values(&listing->columns, listing->cs, &entry, &row));
}

static void print_collection(const struct collection *collection)
{
    struct listing *listing = collection->listing;
    struct sheet sheet;
    struct sheet_about about = {.rows = "entries",
                                .segment = segment_name(listing->context->segment),
                                .empty = listing->is_quiet ? NULL : "no such entries"};
    sheet_start(&sheet, listing->context, listing->columns.columns, listing->columns.count, &about);
    for (size_t i = 0; i < collection->count && !output_failed(); i++)
        print_kept(&sheet, listing, collection->entries[i]);
    sheet_end(&sheet);
    columns_remarks(&listing->columns, sheet.row_count);
}

static int sort_and_print(struct collection *collection)
{
    const char *name = collection->listing->sort + collection->reversed;
    if (collection->count > 0 && !collection->was_found && collection->field.kind == FIELD_METADATA)
        return usage_error(collection->listing->context,
                           "--sort: no such entry has a field \"%s\"%s", name,
                           net_field_advice(name, collection->listing->asking.asks_network));
    if (collection->count > 0)
        qsort_r(collection->entries, collection->count, sizeof(*collection->entries), compare_kept,
                collection);
    print_collection(collection);
    return STATUS_OK;
}

int list_sorted(struct listing *listing)
{
    struct collection collection = {.listing = listing, .reversed = *listing->sort == '-'};
    collection.field =
        field_find(listing->sort + collection.reversed, listing->selecting.selection.source);
    int64_t visited =
        select_for_each(listing->cs, &listing->selecting.selection, collect, &collection);
    int status = visit_status(listing->context->segment, visited);
    if (collection.failed)
        status = failure("out of memory: without --sort, or with --limit, a list of any length "
                         "fits");
    if (status == STATUS_OK)
        status = sort_and_print(&collection);
    for (size_t i = 0; i < collection.count; i++)
        free(collection.entries[i]);
    free(collection.entries);
    return status;
}
