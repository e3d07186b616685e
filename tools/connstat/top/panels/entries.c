/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The panel of entries.
 */
#include "top/panels/panel.h"

enum { ID, TYPE, WORKER, AGE, IDLE, KEY, METADATA };

static const struct top_column columns[] = {
    [ID] = {"ID", 20, .rank = 3, .right = true, .sorts = true},
    [TYPE] = {"TYPE", 17, .sorts = true},
    [WORKER] = {"WORKER", 8, .rank = 1, .right = true, .sorts = true},
    [AGE] = {"AGE", 10, .rank = 1, .right = true, .sorts = true},
    [IDLE] = {"IDLE", 10, .rank = 4, .right = true, .sorts = true},
    [KEY] = {"KEY", 16, .rank = 2},
    [METADATA] = {"METADATA", 20, .grows = true},
};

/* What is the same in all rows need not stand in each. */
static unsigned hidden(const struct top_data *data)
{
    const struct top_scope *scope = data->scope;
    bool keys = data->entries->have_keys && !scope->has_key;
    return (scope->type != CONNSTAT_ANY_TYPE) << TYPE | (scope->pid != 0) << WORKER | !keys << KEY;
}

static const struct top_entry *entry_at(const struct top_data *data, int row)
{
    return &data->entries->rows[row];
}

static int count(const struct top_data *data)
{
    return data->entries->count;
}

static uint64_t identity(const struct top_data *data, int row)
{
    return entry_at(data, row)->id;
}

/* The later one first: its age, or for how long it has done nothing, is the smaller one. */
static int compare_times(int64_t a, int64_t b)
{
    return (a < b) - (a > b);
}

static int compare(const struct top_data *data, int row_a, int row_b, int column)
{
    const struct top_entry *a = entry_at(data, row_a), *b = entry_at(data, row_b);
    switch (column) {
    case ID:
        return (a->id > b->id) - (a->id < b->id);
    case TYPE:
        return (a->type > b->type) - (a->type < b->type);
    case WORKER:
        return (a->pid > b->pid) - (a->pid < b->pid);
    case IDLE:
        return compare_times(a->active_at_ns, b->active_at_ns);
    default:
        return compare_times(a->started_at_ns, b->started_at_ns);
    }
}

static enum top_look metadata_cell(const struct top_page_row *row, struct buffer *out)
{
    const char *metadata = row ? row->metadata.bytes : NULL;
    buffer_text(out, metadata ? metadata : "(gone)");
    return metadata ? LOOK_PLAIN : LOOK_DIM;
}

static enum top_look cell(const struct top_data *data, int row, int column, int width,
                          struct buffer *out)
{
    (void)width;
    const struct top_entry *entry = entry_at(data, row);
    const struct top_page_row *read = top_entries_on_page(data->entries, row);
    switch (column) {
    case ID:
        buffer_format(out, "%llu", (unsigned long long)entry->id);
        return LOOK_DIM;
    case TYPE:
        if ((size_t)entry->type < data->model->type_count)
            buffer_safe(out, data->model->types[entry->type].name);
        return LOOK_PLAIN;
    case WORKER:
        buffer_format(out, "%d", entry->pid);
        return LOOK_PLAIN;
    case AGE:
        top_cell_since(out, entry->started_at_ns, data->now_ns);
        return LOOK_PLAIN;
    case IDLE:
        top_cell_since(out, entry->active_at_ns, data->now_ns);
        return LOOK_PLAIN;
    case KEY:
        buffer_safe(out, read ? read->key : "");
        return LOOK_PLAIN;
    default:
        return metadata_cell(read, out);
    }
}

const struct top_panel top_entries_panel = {
    .columns = columns,
    .column_count = sizeof(columns) / sizeof(*columns),
    .sort = AGE,
    .empty = "no entry",
    .count = count,
    .hidden = hidden,
    .identity = identity,
    .compare = compare,
    .cell = cell,
};
