/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The panel of recent deaths.
 */
#include <string.h>
#include <time.h>

#include "format/names.h"
#include "top/panels/panel.h"

enum { DIED, PID, LABEL, CAUSE, LOST, LIVED, AGO, TOOK };

static const struct top_column columns[] = {
    [DIED] = {"DIED", 9, .sorts = true},
    [PID] = {"WORKER", 8, .sorts = true},
    [LABEL] = {"LABEL", 12, .rank = 2, .grows = true, .most = 36, .sorts = true, .tells = true},
    [CAUSE] = {"CAUSE", 16, .sorts = true},
    [LOST] = {"LOST", 9, .right = true, .sorts = true},
    [LIVED] = {"LIVED", 10, .rank = 3, .right = true, .sorts = true},
    [AGO] = {"AGO", 10, .rank = 1, .right = true},
    [TOOK] = {" WHAT WAS LOST", 25, .rank = 4, .grows = true},
};

static const struct top_death *death_at(const struct top_data *data, int row)
{
    return &data->model->deaths[row];
}

static int count(const struct top_data *data)
{
    return (int)data->model->death_count;
}

static uint64_t identity(const struct top_data *data, int row)
{
    return death_at(data, row)->number;
}

static void cause_text(const struct top_death *death, struct buffer *out)
{
    char name[32];
    switch (death->cause) {
    case CONNSTAT_EXITED:
        buffer_format(out, "exit status %d", death->status);
        break;
    case CONNSTAT_SIGNALLED:
        buffer_text(out, name_of_signal(death->status, name, sizeof(name)));
        break;
    case CONNSTAT_EXECED:
        buffer_text(out, "exec");
        break;
    default:
        buffer_text(out, "unknown");
    }
}

static void words(const struct top_data *data, int row, struct buffer *out)
{
    buffer_format(out, "%d ", death_at(data, row)->pid);
    buffer_safe(out, death_at(data, row)->label);
    buffer_text(out, " ");
    cause_text(death_at(data, row), out);
}

static int64_t lived_ns(const struct top_death *death)
{
    return death->died_at_ns - death->joined_at_ns;
}

static int compare(const struct top_data *data, int row_a, int row_b, int column)
{
    const struct top_death *a = death_at(data, row_a), *b = death_at(data, row_b);
    switch (column) {
    case DIED:
        return top_compare_numbers((double)a->number, (double)b->number);
    case PID:
        return top_compare_numbers(a->pid, b->pid);
    case LABEL:
        return strcmp(a->label, b->label);
    case CAUSE:
        return top_compare_numbers(1000 * a->cause + a->status, 1000 * b->cause + b->status);
    case LOST:
        return top_compare_numbers((double)a->lost_total, (double)b->lost_total);
    default:
        return top_compare_numbers((double)lived_ns(a), (double)lived_ns(b));
    }
}

/* Show the time of day, or the date for deaths of before today: the column is narrow, and another
 * one shows how long ago it was. */
static void time_cell(const struct top_data *data, int64_t died_at_ns, struct buffer *out)
{
    const int64_t day_ns = 86400LL * 1000000000;
    time_t seconds = (time_t)(died_at_ns / 1000000000);
    struct tm tm;
    char text[32];
    localtime_r(&seconds, &tm);
    bool recent = data->now_ns - died_at_ns < day_ns;
    strftime(text, sizeof(text), recent ? "%H:%M:%S" : "%b %d", &tm);
    buffer_text(out, text);
}

static enum top_look cell(const struct top_data *data, int row, int column, int width,
                          struct buffer *out)
{
    (void)width;
    const struct top_death *death = death_at(data, row);
    switch (column) {
    case DIED:
        time_cell(data, death->died_at_ns, out);
        return LOOK_PLAIN;
    case PID:
        buffer_format(out, "%d", death->pid);
        return LOOK_PLAIN;
    case LABEL:
        buffer_safe(out, death->label);
        return LOOK_PLAIN;
    case CAUSE:
        cause_text(death, out);
        return death->cause == CONNSTAT_SIGNALLED ? LOOK_BAD : LOOK_WARN;
    case LOST:
        top_cell_count(out, death->lost_total);
        return death->lost_total > 0 ? LOOK_BOLD : LOOK_DIM;
    case LIVED:
        top_cell_duration(out, (double)lived_ns(death) / 1e9);
        return LOOK_DIM;
    case TOOK:
        buffer_text(out, " "); /* apart from the numbers before it */
        top_cell_types(out, data->model, death->lost);
        return LOOK_DIM;
    default:
        top_cell_since(out, death->died_at_ns, data->now_ns);
        return LOOK_PLAIN;
    }
}

const struct top_panel top_deaths_panel = {
    .columns = columns,
    .column_count = sizeof(columns) / sizeof(*columns),
    .sort = -1,
    .empty = "no worker has died",
    .count = count,
    .identity = identity,
    .words = words,
    .compare = compare,
    .cell = cell,
};
