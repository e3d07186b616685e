/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/screen/draw.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "common/failure.h"
#include "common/text.h"

void top_line_add(struct top_line *line, enum top_look look, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    int columns = (int)text_width(text);
    if (line->x + columns > line->width) {
        line->x = line->width; /* nothing that follows may be shown instead */
        return;
    }
    line->x += terminal_text(line->y, line->x, columns, look, text);
}

static void draw_headings(const struct top_list *list, const struct top_data *data,
                          const int *widths, int y, bool focused)
{
    const struct top_panel *panel = list->panel;
    enum top_look look = focused ? LOOK_FOCUSED : LOOK_HEADING;
    int x = 0;
    terminal_fill(y, 0, terminal_width(), look);
    for (int i = 0; i < panel->column_count; i++) {
        if (widths[i] == 0)
            continue;
        char title[64];
        bool falls = panel->columns[i].right != list->reversed;
        const char *mark = data->ascii ? (falls ? "v" : "^") : (falls ? "▼" : "▲");
        snprintf(title, sizeof(title), "%s%s", panel->columns[i].title,
                 i == list->sort ? mark : "");
        (panel->columns[i].right ? terminal_right : terminal_text)(y, x, widths[i], look, title);
        x += widths[i] + 1;
    }
}

static void draw_row(const struct top_list *list, const struct top_data *data, const int *widths,
                     int y, int row)
{
    const struct top_panel *panel = list->panel;
    struct buffer cell = {0};
    int x = 0;
    for (int i = 0; i < panel->column_count; i++) {
        if (widths[i] == 0)
            continue;
        buffer_clear(&cell);
        enum top_look look = panel->cell(data, row, i, widths[i], &cell);
        if (cell.bytes)
            (panel->columns[i].right ? terminal_right : terminal_text)(y, x, widths[i], look,
                                                                       cell.bytes);
        x += widths[i] + 1;
    }
    buffer_free(&cell);
}

static void draw_rows(struct top *top, const struct top_list *list, const int *widths, int y,
                      int first, int count, bool focused)
{
    for (int i = 0; i < count; i++) {
        if (focused && first + i == list->cursor) {
            terminal_selected();
            terminal_fill(y + i, 0, terminal_width(), LOOK_PLAIN);
        }
        draw_row(list, &top->data, widths, y + i, list->rows[first + i]);
        terminal_plain();
    }
}

void top_draw_list(struct top *top, struct top_list *list, int y, int height, bool focused)
{
    int widths[TOP_MAX_COLUMNS];
    int width = terminal_width(), shown = height - 1;
    if (shown < 1)
        return;
    top_layout_columns(list->panel->columns, list->panel->column_count, width, widths);
    draw_headings(list, &top->data, widths, y++, focused);
    if (list->count == 0)
        terminal_text(y, 0, width, LOOK_DIM,
                      *top_focused_filter(top) ? "nothing matches the filter" : list->panel->empty);
    int first = 0; /* the cursor is only in the focused list: the others show their first rows */
    if (focused) {
        top->page_rows = shown;
        top_list_scroll(list, shown);
        first = list->first;
    }
    int count = list->count - first < shown ? list->count - first : shown;
    if (list == &top->entry_list && top->cs)
        top_entries_page(&top->entries, top->cs, list->rows + first, count);
    draw_rows(top, list, widths, y, first, count, focused);
}

static void clock_text(int64_t now_ns, char *buf, size_t size)
{
    time_t seconds = (time_t)(now_ns / 1000000000);
    struct tm tm;
    localtime_r(&seconds, &tm);
    strftime(buf, size, "%H:%M:%S", &tm);
}

int top_draw_title(struct top *top)
{
    char up[TEXT_NUMBER_BYTES], clock[16];
    struct top_line line = {.width = terminal_width() - (top->paused ? 16 : 9)};
    clock_text(top->data.now_ns, clock, sizeof(clock));
    top_line_add(&line, LOOK_BOLD, "connstat %s", top->segment);
    if (*top->system.node)
        top_line_add(&line, LOOK_PLAIN, " on %s", top->system.node);
    connstat_format_uptime(top->system.uptime_seconds, up, sizeof(up));
    top_line_add(&line, LOOK_DIM, "  up %s  every %g s", up, top->interval_seconds);
    terminal_right(0, terminal_width() - 8, 8, LOOK_PLAIN, clock);
    if (top->paused) {
        terminal_selected();
        terminal_text(0, terminal_width() - 15, 6, LOOK_BOLD, "PAUSED");
        terminal_plain();
    }
    return 1;
}

static void draw_keys(struct top_line *line, const char *keys)
{
    while (*keys) {
        const char *end = strstr(keys, "  ");
        int length = end ? (int)(end - keys) : (int)strlen(keys);
        top_line_add(line, LOOK_DIM, "%.*s", length, keys);
        top_line_add(line, LOOK_DIM, "  ");
        keys += length + (end ? 2 : 0);
    }
}

void top_draw_footer(struct top *top, const char *keys)
{
    int y = terminal_height() - 1;
    const char *filter = top_focused_filter(top);
    const struct top_list *list = top_focused_list(top);
    struct buffer safe = {0};
    struct top_line line = {.y = y, .width = terminal_width()};
    buffer_safe(&safe, filter);
    if (top->typing)
        top_line_add(&line, LOOK_BOLD, "filter: %s_   enter: keep   esc: drop", safe.bytes);
    else if (list && *filter)
        top_line_add(&line, LOOK_WARN, "filter: %s (%d of %d)   ", safe.bytes, list->count,
                     list == &top->entry_list ? list->count : list->panel->count(&top->data));
    if (!top->typing)
        draw_keys(&line, keys);
    buffer_free(&safe);
}
