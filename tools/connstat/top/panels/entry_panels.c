/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The panels of entries: of one type, and of one worker.
 */
#include "top/panels/panel.h"

enum { ID, OWNER, AGE, METADATA };

static const struct top_column type_columns[] = {
    [ID] = {"ID", 20, .rank = 1, .right = true, .sorts = true},
    [OWNER] = {"WORKER", 8, .right = true, .sorts = true},
    [AGE] = {"AGE", 10, .right = true, .sorts = true},
    [METADATA] = {"METADATA", 20, .grows = true},
};

static const struct top_column worker_columns[] = {
    [ID] = {"ID", 20, .rank = 1, .right = true, .sorts = true},
    [OWNER] = {"TYPE", 17, .sorts = true},
    [AGE] = {"AGE", 10, .right = true, .sorts = true},
    [METADATA] = {"METADATA", 20, .grows = true},
};

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

static int compare(const struct top_data *data, int row_a, int row_b, int column)
{
    const struct top_entry *a = entry_at(data, row_a), *b = entry_at(data, row_b);
    switch (column) {
    case ID:
        return (a->id > b->id) - (a->id < b->id);
    case OWNER:
        return data->entries->pid != 0 ? (a->type > b->type) - (a->type < b->type)
                                       : (a->pid > b->pid) - (a->pid < b->pid);
    default:
        return (a->started_at_ns < b->started_at_ns) - (a->started_at_ns > b->started_at_ns);
    }
}

static enum top_look metadata_cell(const struct top_data *data, int row, struct buffer *out)
{
    const char *metadata = top_entries_metadata(data->entries, row);
    buffer_text(out, metadata ? metadata : "(gone)");
    return metadata ? LOOK_PLAIN : LOOK_DIM;
}

static void owner_cell(const struct top_data *data, const struct top_entry *entry,
                       struct buffer *out)
{
    if (data->entries->pid == 0)
        buffer_format(out, "%d", entry->pid);
    else if ((size_t)entry->type < data->model->type_count)
        buffer_safe(out, data->model->types[entry->type].name);
}

static enum top_look cell(const struct top_data *data, int row, int column, int width,
                          struct buffer *out)
{
    (void)width;
    const struct top_entry *entry = entry_at(data, row);
    switch (column) {
    case ID:
        buffer_format(out, "%llu", (unsigned long long)entry->id);
        return LOOK_DIM;
    case OWNER:
        owner_cell(data, entry, out);
        return LOOK_PLAIN;
    case AGE:
        top_cell_duration(out, (double)(data->now_ns - entry->started_at_ns) / 1e9);
        return LOOK_PLAIN;
    default:
        return metadata_cell(data, row, out);
    }
}

const struct top_panel top_type_entries_panel = {
    .columns = type_columns,
    .column_count = sizeof(type_columns) / sizeof(*type_columns),
    .sort = AGE,
    .empty = "no entry",
    .count = count,
    .identity = identity,
    .compare = compare,
    .cell = cell,
};

const struct top_panel top_worker_entries_panel = {
    .columns = worker_columns,
    .column_count = sizeof(worker_columns) / sizeof(*worker_columns),
    .sort = AGE,
    .empty = "no entry",
    .count = count,
    .identity = identity,
    .compare = compare,
    .cell = cell,
};
