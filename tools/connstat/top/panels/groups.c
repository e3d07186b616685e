/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The panels of the fields to group by, and of the groups of one.
 */
#include <string.h>

#include "common/text.h"
#include "format/metadata.h"
#include "top/panels/panel.h"

enum { WHAT, COUNT, SHARE, MORE };

static const struct top_column field_columns[] = {
    [WHAT] = {"FIELD", 20, .sorts = true, .tells = true},
    [COUNT] = {"ENTRIES", 11, .right = true, .sorts = true},
    [SHARE] = {"SHARE", 7, .right = true},
    [MORE] = {"FOR EXAMPLE", 20, .rank = 1, .grows = true},
};

static const struct top_column group_columns[] = {
    [WHAT] = {"VALUE", 20, .grows = true, .sorts = true, .tells = true},
    [COUNT] = {"ENTRIES", 11, .right = true, .sorts = true},
    [SHARE] = {"SHARE", 7, .right = true},
    [MORE] = {"", 20, .rank = 1},
};

static enum top_look count_cell(uint64_t count, struct buffer *out)
{
    top_cell_count(out, count);
    return LOOK_BOLD;
}

static enum top_look share_cell(uint64_t count, uint64_t total, struct buffer *out)
{
    char text[TEXT_NUMBER_BYTES];
    double percent = total > 0 ? 100 * (double)count / (double)total : 0;
    buffer_format(out, "%s%%", text_percent(percent, text, sizeof(text)));
    return LOOK_DIM;
}

static const struct top_field *field_at(const struct top_data *data, int row)
{
    return &data->fields->rows[row];
}

static int count_fields(const struct top_data *data)
{
    return data->fields->count;
}

static uint64_t field_identity(const struct top_data *data, int row)
{
    uint64_t hash = field_at(data, row)->kind;
    for (const char *c = field_at(data, row)->name; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
    return hash;
}

static void field_words(const struct top_data *data, int row, struct buffer *words)
{
    buffer_safe(words, field_at(data, row)->name);
}

static int compare_fields(const struct top_data *data, int row_a, int row_b, int column)
{
    const struct top_field *a = field_at(data, row_a), *b = field_at(data, row_b);
    if (column == WHAT)
        return strcmp(a->name, b->name);
    return (a->count > b->count) - (a->count < b->count);
}

static enum top_look field_cell(const struct top_data *data, int row, int column, int width,
                                struct buffer *out)
{
    (void)width;
    const struct top_field *field = field_at(data, row);
    switch (column) {
    case WHAT:
        buffer_safe(out, field->name);
        return field->kind == FIELD_METADATA ? LOOK_PLAIN : LOOK_DIM;
    case COUNT:
        return count_cell(field->count, out);
    case SHARE:
        return share_cell(field->count, data->fields->total, out);
    default:
        buffer_text(out, field->example); /* is safe already */
        return LOOK_DIM;
    }
}

static const struct group *group_at(const struct top_data *data, int row)
{
    return data->groups->ranked[row];
}

static int count_groups(const struct top_data *data)
{
    return data->groups->count;
}

static uint64_t group_identity(const struct top_data *data, int row)
{
    return group_at(data, row)->hash;
}

/* The name says how a value is written: a socket's cookie is in hexadecimal digits. */
static void print_field(const struct field_ref *ref, const struct connstat_field *value,
                        struct buffer *out)
{
    struct connstat_field named = *value;
    named.name = ref->kind == FIELD_METADATA ? ref->name : NULL;
    field_print(out, &named);
}

static void print_value(const struct top_data *data, int row, struct buffer *out)
{
    const struct group *group = group_at(data, row);
    if (!group->has_field)
        buffer_text(out, "(none)");
    else if (grouping_value_kind(&data->groups->grouping) == VALUE_BARE)
        buffer_safe(out, group->field.value.text);
    else
        print_field(&data->groups->grouping.field, &group->field, out);
}

/* The rank is an order by count and then by value already. */
static int compare_groups(const struct top_data *data, int row_a, int row_b, int column)
{
    const struct group *a = group_at(data, row_a), *b = group_at(data, row_b);
    if (column == WHAT)
        return field_compare(a->has_field ? &a->field : NULL, b->has_field ? &b->field : NULL);
    return (a->count > b->count) - (a->count < b->count);
}

/* A bar that is full for the largest group. */
static enum top_look bar_cell(const struct top_data *data, const struct group *group, int width,
                              struct buffer *out)
{
    uint64_t most = group_at(data, 0)->count;
    int filled = most > 0 ? (int)((double)group->count / (double)most * width + 0.5) : 0;
    for (int i = 0; i < filled; i++)
        buffer_text(out, data->ascii ? "#" : "■");
    return LOOK_CHART;
}

static enum top_look group_cell(const struct top_data *data, int row, int column, int width,
                                struct buffer *out)
{
    const struct group *group = group_at(data, row);
    switch (column) {
    case WHAT:
        print_value(data, row, out);
        return group->has_field ? LOOK_PLAIN : LOOK_DIM;
    case COUNT:
        return count_cell(group->count, out);
    case SHARE:
        return share_cell(group->count, data->groups->grouping.entry_count, out);
    default:
        return bar_cell(data, group, width, out);
    }
}

const struct top_panel top_fields_panel = {
    .columns = field_columns,
    .column_count = sizeof(field_columns) / sizeof(*field_columns),
    .sort = -1,
    .empty = "no entry, so no field to group by",
    .count = count_fields,
    .identity = field_identity,
    .words = field_words,
    .compare = compare_fields,
    .cell = field_cell,
};

const struct top_panel top_groups_panel = {
    .columns = group_columns,
    .column_count = sizeof(group_columns) / sizeof(*group_columns),
    .sort = COUNT,
    .empty = "no entry",
    .count = count_groups,
    .identity = group_identity,
    .words = print_value,
    .compare = compare_groups,
    .cell = group_cell,
};
