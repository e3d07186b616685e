/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The panel of workers.
 */
#include <math.h>
#include <string.h>

#include "common/text.h"
#include "top/panels/panel.h"

enum { PID, LABEL, LIVE, STATE, OPENED, CLOSED, CPU, MEMORY, IDLE, AGE, HOLDS };

static const struct top_column columns[] = {
    [PID] = {"WORKER", 8, .sorts = true},
    [LABEL] = {"LABEL", 14, .grows = true, .most = 36, .sorts = true, .tells = true},
    [LIVE] = {"LIVE", 9, .right = true, .sorts = true},
    [STATE] = {"STATE", 8, .sorts = true},
    [OPENED] = {"OPEN/s", 8, .rank = 3, .right = true, .sorts = true},
    [CLOSED] = {"CLOSE/s", 8, .rank = 6, .right = true, .sorts = true},
    [CPU] = {"CPU", 6, .rank = 1, .right = true, .sorts = true},
    [MEMORY] = {"MEMORY", 9, .rank = 2, .right = true, .sorts = true},
    [IDLE] = {"IDLE", 8, .rank = 4, .right = true, .sorts = true},
    [AGE] = {"AGE", 10, .rank = 5, .right = true, .sorts = true},
    [HOLDS] = {" HOLDS", 25, .rank = 7, .grows = true},
};

static const struct top_worker *worker_at(const struct top_data *data, int row)
{
    return &data->model->workers[row];
}

static const struct watched_worker *watched_at(const struct top_data *data, int row)
{
    const struct top_worker_sample *now = &worker_at(data, row)->now;
    return data->watch ? alert_watch_find(data->watch, now->pid, now->tid, now->joined_at_ns)
                       : NULL;
}

static enum process_state state_at(const struct top_data *data, int row)
{
    const struct watched_worker *worker = watched_at(data, row);
    return worker ? worker->state : PROCESS_UNKNOWN;
}

static double idle_seconds(const struct top_data *data, int row)
{
    const struct watched_worker *worker = watched_at(data, row);
    return worker ? (double)(data->now_ns - worker->registered_at_ns) / 1e9 : NAN;
}

static int count(const struct top_data *data)
{
    return (int)data->model->worker_count;
}

static uint64_t identity(const struct top_data *data, int row)
{
    const struct top_worker_sample *worker = &worker_at(data, row)->now;
    return (uint64_t)(uint32_t)worker->pid << 32 | (uint32_t)worker->tid;
}

static void label_cell(const struct top_worker_sample *worker, struct buffer *out)
{
    buffer_safe(out, worker->label);
    if (worker->tid > 0)
        buffer_format(out, "%sthread %d", *worker->label ? " " : "", worker->tid);
    if (worker->foreign)
        buffer_format(out, "%s(other pid namespace)", *worker->label ? " " : "");
}

static void words(const struct top_data *data, int row, struct buffer *out)
{
    buffer_format(out, "%d ", worker_at(data, row)->now.pid);
    label_cell(&worker_at(data, row)->now, out);
    const char *state = name_of_state(state_at(data, row));
    buffer_format(out, " %s", state ? state : "");
}

static double number(const struct top_data *data, int row, int column)
{
    const struct top_worker *worker = worker_at(data, row);
    switch (column) {
    case PID:
        return worker->now.pid;
    case LIVE:
        return (double)worker->now.live_total;
    case OPENED:
        return worker->rates.opened;
    case CLOSED:
        return worker->rates.closed;
    case CPU:
        return worker->cpu_percent;
    case MEMORY:
        return worker->now.has_usage ? (double)worker->now.memory_bytes : NAN;
    case STATE:
        return -state_at(data, row); /* those that stand come first */
    case IDLE:
        return idle_seconds(data, row);
    default:
        return (double)-worker->now.joined_at_ns;
    }
}

static int compare(const struct top_data *data, int a, int b, int column)
{
    if (column == LABEL)
        return strcmp(worker_at(data, a)->now.label, worker_at(data, b)->now.label);
    return top_compare_numbers(number(data, a, column), number(data, b, column));
}

static enum top_look cpu_cell(double percent, struct buffer *out)
{
    if (isnan(percent))
        buffer_text(out, "-");
    else
        buffer_format(out, "%.0f%%", percent);
    return percent >= 95 ? LOOK_BAD : percent >= 70 ? LOOK_WARN : LOOK_PLAIN;
}

static enum top_look memory_cell(const struct top_worker_sample *worker, struct buffer *out)
{
    char text[TEXT_NUMBER_BYTES];
    if (worker->has_usage)
        buffer_text(out, text_bytes(worker->memory_bytes, text, sizeof(text)));
    else
        buffer_text(out, "-");
    return LOOK_PLAIN;
}

static bool stands(enum process_state state)
{
    return state == PROCESS_STOPPED || state == PROCESS_TRACED;
}

static bool urgent(const struct top_data *data, int row)
{
    return stands(state_at(data, row));
}

static enum top_look state_cell(enum process_state state, struct buffer *out)
{
    const char *name = name_of_state(state);
    buffer_text(out, name ? name : "-");
    return stands(state) ? LOOK_BAD : state == PROCESS_WAITING ? LOOK_WARN : LOOK_DIM;
}

static enum top_look idle_cell(double seconds, struct buffer *out)
{
    if (isnan(seconds))
        buffer_text(out, "-");
    else
        top_cell_duration(out, seconds);
    return LOOK_DIM;
}

static enum top_look cell(const struct top_data *data, int row, int column, int width,
                          struct buffer *out)
{
    (void)width;
    const struct top_worker *worker = worker_at(data, row);
    switch (column) {
    case PID:
        buffer_format(out, "%d", worker->now.pid);
        return LOOK_PLAIN;
    case LABEL:
        label_cell(&worker->now, out);
        return LOOK_PLAIN;
    case LIVE:
        top_cell_count(out, worker->now.live_total);
        return worker->now.live_total > 0 ? LOOK_BOLD : LOOK_DIM;
    case STATE:
        return state_cell(state_at(data, row), out);
    case OPENED:
        top_cell_rate(out, worker->rates.opened);
        return worker->rates.opened > 0 ? LOOK_GOOD : LOOK_DIM;
    case CLOSED:
        top_cell_rate(out, worker->rates.closed);
        return worker->rates.closed > 0 ? LOOK_PLAIN : LOOK_DIM;
    case CPU:
        return cpu_cell(worker->cpu_percent, out);
    case MEMORY:
        return memory_cell(&worker->now, out);
    case IDLE:
        return idle_cell(idle_seconds(data, row), out);
    case HOLDS:
        buffer_text(out, " "); /* apart from the numbers before it */
        top_cell_types(out, data->model, worker->now.live);
        return LOOK_DIM;
    default:
        top_cell_since(out, worker->now.joined_at_ns, data->now_ns);
        return LOOK_DIM;
    }
}

const struct top_panel top_workers_panel = {
    .columns = columns,
    .column_count = sizeof(columns) / sizeof(*columns),
    .sort = LIVE,
    .empty = "no worker has joined, or all have gone",
    .count = count,
    .identity = identity,
    .words = words,
    .compare = compare,
    .urgent = urgent,
    .cell = cell,
};
