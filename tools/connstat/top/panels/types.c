/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The panel of types.
 */
#include <string.h>

#include "common/text.h"
#include "top/panels/panel.h"

enum { NAME, LIVE, OPENED, CLOSED, LOST, USED, REFUSED, HISTORY };

static const struct top_column columns[] = {
    [NAME] = {"TYPE", 17, .sorts = true, .tells = true},
    [LIVE] = {"LIVE", 10, .right = true, .sorts = true},
    [OPENED] = {"OPEN/s", 8, .rank = 3, .right = true, .sorts = true},
    [CLOSED] = {"CLOSE/s", 8, .rank = 6, .right = true, .sorts = true},
    [LOST] = {"LOST", 7, .rank = 2, .right = true, .sorts = true},
    [USED] = {"USED", 5, .right = true, .sorts = true},
    [REFUSED] = {"REFUSED", 8, .rank = 1, .right = true, .sorts = true},
    [HISTORY] = {" HISTORY", 11, .rank = 5, .grows = true},
};

static const struct top_type *type_at(const struct top_data *data, int row)
{
    return &data->model->types[row];
}

static int count(const struct top_data *data)
{
    return (int)data->model->type_count;
}

static uint64_t identity(const struct top_data *data, int row)
{
    return (uint64_t)type_at(data, row)->index;
}

static void words(const struct top_data *data, int row, struct buffer *out)
{
    buffer_text(out, type_at(data, row)->name);
}

static double used_percent(const struct top_type *type)
{
    return type->capacity > 0 ? 100 * (double)type->live / (double)type->capacity : 0;
}

static double number(const struct top_type *type, int column)
{
    switch (column) {
    case LIVE:
        return (double)type->live;
    case OPENED:
        return type->rates.opened;
    case CLOSED:
        return type->rates.closed;
    case LOST:
        return (double)type->lost;
    case USED:
        return used_percent(type);
    default:
        return (double)type->refused;
    }
}

static int compare(const struct top_data *data, int a, int b, int column)
{
    if (column == NAME)
        return strcmp(type_at(data, a)->name, type_at(data, b)->name);
    return top_compare_numbers(number(type_at(data, a), column), number(type_at(data, b), column));
}

static enum top_look used_cell(const struct top_type *type, struct buffer *cell)
{
    double used = used_percent(type);
    char text[TEXT_NUMBER_BYTES];
    buffer_format(cell, "%s%%", text_percent(used, text, sizeof(text)));
    return used >= 95 ? LOOK_BAD : used >= 80 ? LOOK_WARN : LOOK_DIM;
}

static enum top_look cell(const struct top_data *data, int row, int column, int width,
                          struct buffer *out)
{
    const struct top_type *type = type_at(data, row);
    switch (column) {
    case NAME:
        buffer_safe(out, type->name);
        return type->opened > 0 || type->refused > 0 ? LOOK_PLAIN : LOOK_DIM; /* never used */
    case LIVE:
        top_cell_count(out, type->live);
        return type->live > 0 ? LOOK_BOLD : LOOK_DIM;
    case OPENED:
        top_cell_rate(out, type->rates.opened);
        return type->rates.opened > 0 ? LOOK_GOOD : LOOK_DIM;
    case CLOSED:
        top_cell_rate(out, type->rates.closed);
        return type->rates.closed > 0 ? LOOK_PLAIN : LOOK_DIM;
    case LOST:
        top_cell_count(out, type->lost);
        return type->lost > 0 ? LOOK_WARN : LOOK_DIM;
    case USED:
        return used_cell(type, out);
    case REFUSED:
        top_cell_count(out, type->refused);
        return type->refusing ? LOOK_BAD : type->refused > 0 ? LOOK_WARN : LOOK_DIM;
    default:
        buffer_text(out, " ");
        top_cell_chart(out, &type->history, width - 1, data->ascii);
        return LOOK_CHART;
    }
}

const struct top_panel top_types_panel = {
    .columns = columns,
    .column_count = sizeof(columns) / sizeof(*columns),
    .sort = -1,
    .empty = "no type",
    .count = count,
    .identity = identity,
    .words = words,
    .compare = compare,
    .cell = cell,
};
