/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The lines about what is looked into: a type, a worker, or what is narrower than these.
 */
#include <connstat.h>

#include "common/text.h"
#include "format/key.h"
#include "format/literal.h"
#include "format/metadata.h"
#include "top/screen/draw.h"

/* The chart, and before it from where to where it goes. */
static void draw_history(const struct top *top, const struct top_series *history, int y)
{
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES];
    double least, most;
    struct buffer chart = {0};
    struct top_line line = {.y = y, .width = terminal_width()};
    if (top_series_range(history, (size_t)line.width, &least, &most))
        top_line_add(&line, LOOK_DIM, "from %s to %s  ", text_count((uint64_t)least, a, sizeof(a)),
                     text_count((uint64_t)most, b, sizeof(b)));
    top_cell_chart(&chart, history, line.width - line.x, top->data.ascii);
    if (chart.bytes)
        terminal_text(y, line.x, line.width - line.x, LOOK_CHART, chart.bytes);
    buffer_free(&chart);
}

static int draw_type(struct top *top, int y)
{
    const struct top_type *type = &top->model.types[top_here(top)->scope.type];
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES];
    struct top_line line = {.y = y, .width = terminal_width()};
    top_line_add(&line, LOOK_BOLD, "%s", type->name);
    top_line_add(&line, LOOK_PLAIN, "  %s live of %s", text_count(type->live, a, sizeof(a)),
                 text_count(type->slots, b, sizeof(b)));
    if (type->slots < type->capacity)
        top_line_add(&line, LOOK_DIM, ", growing to %s", text_count(type->capacity, b, sizeof(b)));
    top_line_add(&line, LOOK_DIM, "  opened %s", text_count(type->opened, a, sizeof(a)));
    top_line_add(&line, LOOK_DIM, "  closed %s", text_count(type->closed, a, sizeof(a)));
    top_line_add(&line, type->lost > 0 ? LOOK_WARN : LOOK_DIM, "  lost %s",
                 text_count(type->lost, a, sizeof(a)));
    top_line_add(&line, type->refused > 0 ? LOOK_WARN : LOOK_DIM, "  refused %s",
                 text_count(type->refused, a, sizeof(a)));

    draw_history(top, &type->history, y + 1);
    return y + 2;
}

static const struct top_worker *find_worker(const struct top_model *model, pid_t pid)
{
    for (size_t i = 0; i < model->worker_count; i++) {
        if (model->workers[i].now.pid == pid)
            return &model->workers[i];
    }
    return NULL;
}

static int draw_worker(struct top *top, int y)
{
    pid_t pid = top_here(top)->scope.pid;
    const struct top_worker *worker = find_worker(&top->model, pid);
    struct top_line line = {.y = y, .width = terminal_width()};
    top_line_add(&line, LOOK_BOLD, "worker %d", pid);
    if (!worker) {
        top_line_add(&line, LOOK_BAD, "  has gone");
        return y + 2;
    }
    struct buffer text = {0};
    buffer_safe(&text, worker->now.label);
    buffer_text(&text, "  live ");
    top_cell_count(&text, worker->now.live_total);
    buffer_text(&text, "  opened ");
    top_cell_count(&text, worker->now.opened);
    buffer_text(&text, "  closed ");
    top_cell_count(&text, worker->now.closed);
    if (text.bytes)
        top_line_add(&line, LOOK_PLAIN, "  %s", text.bytes);

    buffer_clear(&text);
    for (size_t i = 0; i < top->model.type_count; i++) {
        if (worker->now.live[i] == 0)
            continue;
        buffer_safe(&text, top->model.types[i].name);
        buffer_text(&text, " ");
        top_cell_count(&text, worker->now.live[i]);
        buffer_text(&text, "  ");
    }
    if (text.bytes)
        terminal_text(y + 1, 0, terminal_width(), LOOK_DIM, text.bytes);
    buffer_free(&text);
    return y + 2;
}

static void print_condition(const struct top_condition *condition, struct buffer *out)
{
    buffer_text(out, *out->bytes ? ", " : "");
    if (!condition->has_value)
        buffer_text(out, "no ");
    if (condition->kind == FIELD_METADATA)
        literal_print_name(out, condition->name);
    else
        buffer_text(out, condition->name);
    if (condition->has_value) {
        buffer_text(out, "=");
        field_print(out, &condition->value);
    }
}

/* "ws_socket, worker 4711, key 42, page=/lobby" */
static void print_scope(const struct top *top, const struct top_scope *scope, struct buffer *out)
{
    char key[KEY_BYTES];
    buffer_add(out, "", 0);
    if (scope->type >= 0 && (size_t)scope->type < top->model.type_count)
        buffer_safe(out, top->model.types[scope->type].name);
    if (scope->pid != 0)
        buffer_format(out, "%sworker %d", *out->bytes ? ", " : "", scope->pid);
    if (scope->has_key) {
        buffer_format(out, "%skey ", *out->bytes ? ", " : "");
        buffer_safe(out, key_print(&scope->key, key));
    }
    for (int i = 0; i < scope->condition_count; i++)
        print_condition(&scope->conditions[i], out);
}

int top_draw_path(struct top *top, int y, const char *what)
{
    struct buffer path = {0};
    struct top_line line = {.y = y, .width = terminal_width()};
    print_scope(top, &top_here(top)->scope, &path);
    if (path.bytes)
        line.x += terminal_text(y, 0, line.width, LOOK_BOLD, path.bytes);
    top_line_add(&line, LOOK_PLAIN, "  %s", what);
    buffer_free(&path);
    return y + 1;
}

int top_draw_scope(struct top *top, int y)
{
    const struct top_scope *scope = &top_here(top)->scope;
    if (scope->has_key || scope->condition_count > 0 ||
        (scope->pid != 0 && scope->type != CONNSTAT_ANY_TYPE)) {
        char count[TEXT_NUMBER_BYTES], what[64];
        text_count((uint64_t)top->entries.total, count, sizeof(count));
        snprintf(what, sizeof(what), "%s%s %s", count, top->entries.cut ? " and more" : "",
                 top->entries.total == 1 ? "entry" : "entries");
        return top_draw_path(top, y, what);
    }
    return scope->pid != 0 ? draw_worker(top, y) : draw_type(top, y);
}
