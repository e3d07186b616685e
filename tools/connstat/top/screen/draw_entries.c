/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The screens of a type's or a worker's entries, and of one entry.
 */
#include <connstat.h>

#include "common/text.h"
#include "describe/death.h"
#include "format/key.h"
#include "format/metadata.h"
#include "top/screen/draw.h"

static int draw_type(struct top *top, int y)
{
    const struct top_type *type = &top->model.types[top->entries.type];
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES];
    struct top_line line = {.y = y, .width = terminal_width()};
    top_line_add(&line, LOOK_BOLD, "%s", type->name);
    top_line_add(&line, LOOK_PLAIN, "  %s live of %s", text_count(type->live, a, sizeof(a)),
                 text_count(type->capacity, b, sizeof(b)));
    top_line_add(&line, LOOK_DIM, "  opened %s", text_count(type->opened, a, sizeof(a)));
    top_line_add(&line, LOOK_DIM, "  closed %s", text_count(type->closed, a, sizeof(a)));
    top_line_add(&line, type->lost > 0 ? LOOK_WARN : LOOK_DIM, "  lost %s",
                 text_count(type->lost, a, sizeof(a)));
    top_line_add(&line, type->refused > 0 ? LOOK_WARN : LOOK_DIM, "  refused %s",
                 text_count(type->refused, a, sizeof(a)));

    struct buffer chart = {0};
    top_cell_chart(&chart, &type->history, terminal_width(), top->data.ascii);
    if (chart.bytes)
        terminal_text(y + 1, 0, terminal_width(), LOOK_CHART, chart.bytes);
    buffer_free(&chart);
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
    const struct top_worker *worker = find_worker(&top->model, top->entries.pid);
    struct top_line line = {.y = y, .width = terminal_width()};
    top_line_add(&line, LOOK_BOLD, "worker %d", top->entries.pid);
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

static void draw_place(const struct top *top, int y)
{
    const struct top_list *list = &top->entry_list;
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES], c[TEXT_NUMBER_BYTES];
    struct top_line line = {.y = y, .width = terminal_width()};
    if (list->count == 0)
        return;
    int last =
        list->first + top->page_rows < list->count ? list->first + top->page_rows : list->count;
    top_line_add(
        &line, LOOK_DIM, "%s to %s of %s%s", text_count((uint64_t)list->first + 1, a, sizeof(a)),
        text_count((uint64_t)last, b, sizeof(b)), text_count((uint64_t)list->count, c, sizeof(c)),
        top->entries.cut ? " and more: filter with /" : "");
}

void top_draw_entries(struct top *top)
{
    int y = top_draw_title(top);
    y = top->entries.pid != 0 ? draw_worker(top, y) : draw_type(top, y);
    top_draw_alerts(top, y++, 1);
    int height = terminal_height() - y - 2;
    top_draw_list(top, &top->entry_list, y, height, true);
    draw_place(top, y + height);
    top_draw_footer(top, "esc back  q quit  h help  enter open  / filter  s sort  r reverse");
}

struct page { /* of one entry */
    int y;
    const struct top *top;
};

static void draw_fact(struct page *page, const char *name, enum top_look look, const char *text)
{
    if (page->y >= terminal_height() - 1)
        return;
    terminal_right(page->y, 0, 16, LOOK_DIM, name);
    terminal_text(page->y++, 18, terminal_width() - 18, look, text);
}

static int draw_facts(const struct connstat_entry *entry, void *arg)
{
    struct page *page = arg;
    struct buffer name = {0}, value = {0};
    char key[KEY_BYTES], time[TEXT_NUMBER_BYTES];
    draw_fact(page, "started", LOOK_PLAIN,
              text_local_time(entry->started_at_ns, time, sizeof(time)));
    buffer_format(&value, "%d", entry->pid);
    draw_fact(page, "worker", LOOK_PLAIN, value.bytes);
    if (entry->key)
        draw_fact(page, "key", LOOK_PLAIN, key_print(entry->key, key));
    page->y++;
    for (size_t i = 0; i < entry->metadata_count; i++) {
        buffer_clear(&name);
        buffer_clear(&value);
        buffer_safe(&name, entry->metadata[i].name);
        field_print(&value, &entry->metadata[i]);
        draw_fact(page, name.bytes, LOOK_BOLD, value.bytes);
    }
    buffer_free(&name);
    buffer_free(&value);
    return 0;
}

void top_draw_entry(struct top *top)
{
    struct page page = {top_draw_title(top) + 1, top};
    struct buffer text = {0};
    buffer_format(&text, "%llu", (unsigned long long)top->entry.id);
    draw_fact(&page, "id", LOOK_BOLD, text.bytes);
    draw_fact(&page, "type", LOOK_PLAIN, top->model.types[top->entry.type].name);
    buffer_clear(&text);
    top_cell_duration(&text, (double)(top->data.now_ns - top->entry.started_at_ns) / 1e9);
    draw_fact(&page, "age", LOOK_PLAIN, text.bytes);
    if (!top->cs || connstat_get(top->cs, top->entry.id, draw_facts, &page) < 0)
        draw_fact(&page, "", LOOK_BAD, "it has ended");
    buffer_free(&text);
    top_draw_footer(top, "esc back  q quit  h help");
}

void top_draw_death(struct top *top)
{
    const struct top_death *death = &top->death;
    struct page page = {top_draw_title(top) + 1, top};
    struct buffer text = {0};
    char number[TEXT_NUMBER_BYTES];
    death_print(&text, &(struct connstat_death){
                           .pid = death->pid,
                           .tid = death->tid,
                           .label = death->label,
                           .cause = death->cause,
                           .status = death->status,
                           .died_at_ns = death->died_at_ns,
                           .lost_total = death->lost_total,
                       });
    draw_fact(&page, "death", LOOK_BOLD, text.bytes ? text.bytes : "");
    draw_fact(&page, "joined", LOOK_PLAIN,
              text_local_time(death->joined_at_ns, number, sizeof(number)));
    draw_fact(&page, "died", LOOK_PLAIN,
              text_local_time(death->died_at_ns, number, sizeof(number)));
    page.y++;
    for (size_t i = 0; i < top->model.type_count; i++) {
        if (death->lost[i] > 0)
            draw_fact(&page, top->model.types[i].name, LOOK_WARN,
                      text_count(death->lost[i], number, sizeof(number)));
    }
    if (death->lost_total == 0)
        draw_fact(&page, "", LOOK_DIM, "nothing was lost with it");
    buffer_free(&text);
    top_draw_footer(top, "esc back  q quit  h help");
}
