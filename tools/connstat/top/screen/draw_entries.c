/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The screens of entries, of one entry and of one death.
 */
#include <connstat.h>

#include "common/text.h"
#include "describe/death.h"
#include "format/key.h"
#include "format/metadata.h"
#include "top/screen/draw.h"

static void draw_place(struct top *top, int y)
{
    const struct top_list *list = &top_here(top)->list;
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
    int y = top_draw_scope(top, top_draw_title(top));
    top_draw_alerts(top, y++, 1);
    int height = terminal_height() - y - 2;
    top_draw_list(top, &top_here(top)->list, y, height, true);
    draw_place(top, y + height);
    top_draw_footer(
        top, "esc back  q quit  h help  enter open  / filter  b group by  e same key  s sort");
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

static void draw_type_name(struct page *page, int type)
{
    struct buffer name = {0};
    if ((size_t)type < page->top->model.type_count)
        buffer_safe(&name, page->top->model.types[type].name);
    if (name.bytes)
        draw_fact(page, "type", LOOK_PLAIN, name.bytes);
    buffer_free(&name);
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
    buffer_clear(&value);
    top_cell_since(&value, entry->active_at_ns, page->top->data.now_ns);
    draw_fact(page, "idle", LOOK_PLAIN, value.bytes);
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

/* What the kernel tells of its socket, if it names one. */
static void draw_network(struct page *page, connstat_id id)
{
    const struct top_network *network = &page->top->network;
    struct buffer value = {0};
    if (network->id != id)
        return;
    page->y++;
    if (*network->problem)
        draw_fact(page, "network", LOOK_DIM, network->problem);
    for (int i = 0; i < NET_COLUMNS; i++) {
        const struct value *known = &network->row.values[i];
        if (known->none || network->row.standing == STANDING_NONE)
            continue;
        buffer_clear(&value);
        value_print(&value, net_columns[i].kind, known);
        draw_fact(page, net_columns[i].title, known->color ? LOOK_BAD : LOOK_PLAIN, value.bytes);
    }
    buffer_free(&value);
}

void top_draw_entry(struct top *top)
{
    struct page page = {top_draw_title(top) + 1, top};
    struct buffer text = {0};
    buffer_format(&text, "%llu", (unsigned long long)top_here(top)->entry.id);
    draw_fact(&page, "id", LOOK_BOLD, text.bytes);
    draw_type_name(&page, top_here(top)->entry.type);
    buffer_clear(&text);
    top_cell_since(&text, top_here(top)->entry.started_at_ns, top->data.now_ns);
    draw_fact(&page, "age", LOOK_PLAIN, text.bytes);
    if (!top->cs || connstat_get(top->cs, top_here(top)->entry.id, draw_facts, &page) < 0)
        draw_fact(&page, "", LOOK_BAD, "it has ended");
    draw_network(&page, top_here(top)->entry.id);
    buffer_free(&text);
    top_draw_footer(top, "esc back  q quit  h help  e entries of the same key");
}

void top_draw_death(struct top *top)
{
    const struct top_death *death = &top_here(top)->death;
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
    terminal_right(page.y, 0, 16, LOOK_DIM, "death");
    page.y = top_draw_words(page.y, 18, LOOK_BOLD, text.bytes ? text.bytes : "");
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
