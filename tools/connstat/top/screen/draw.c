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

/* "TYPE 2 of 9": what stands for a number of rows that are not shown. */
static enum top_look add_hidden(const struct top_list *list, const struct top_data *data, int shown,
                                char *title, size_t size)
{
    int all = list->panel->count(data);
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES];
    bool filtered = list->count < all;
    if (filtered || shown < all)
        snprintf(title + strlen(title), size - strlen(title), " %s of %s",
                 text_count((uint64_t)(filtered ? list->count : shown), a, sizeof(a)),
                 text_count((uint64_t)all, b, sizeof(b)));
    return filtered ? LOOK_WARN : LOOK_HEADING;
}

static void draw_headings(const struct top_list *list, const struct top_data *data,
                          const struct top_area *area, bool focused)
{
    const int *widths = area->widths;
    int y = area->y;
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
        enum top_look hides = LOOK_HEADING;
        if (panel->columns[i].tells)
            hides = add_hidden(list, data, area->rows, title, sizeof(title));
        (panel->columns[i].right ? terminal_right : terminal_text)(
            y, x, widths[i], hides == LOOK_WARN ? LOOK_WARN : look, title);
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
        if (!top->cs)
            terminal_faded();
        if (focused && first + i == list->cursor) {
            terminal_selected();
            terminal_fill(y + i, 0, terminal_width(), LOOK_PLAIN);
        }
        draw_row(list, &top->data, widths, y + i, list->rows[first + i]);
        terminal_plain();
    }
}

static struct top_area *add_area(struct top *top, struct top_list *list, int y, int rows)
{
    const struct top_panel *panel = list->panel;
    struct top_area *area = &top->areas[top->area_count++];
    *area = (struct top_area){.list = list, .y = y, .rows = rows};
    while (area->panel < TOP_PANELS - 1 && list != &top->panels[area->panel])
        area->panel++;
    unsigned hidden = panel->hidden ? panel->hidden(&top->data) : 0;
    top_layout_columns(panel->columns, panel->column_count, hidden, terminal_width(), area->widths);
    return area;
}

static const char *why_empty(struct top *top, const struct top_list *list)
{
    if (*top_filter_of(top, list))
        return "nothing matches the filter";
    return top->cs ? list->panel->empty : "the segment is gone";
}

void top_draw_list(struct top *top, struct top_list *list, int y, int height, bool focused)
{
    int shown = height - 1;
    if (shown < 1)
        return;
    struct top_area *area = add_area(top, list, y, shown);
    draw_headings(list, &top->data, area, focused);
    if (list->count == 0)
        terminal_text(y + 1, 0, terminal_width(), LOOK_DIM, why_empty(top, list));
    if (focused) { /* the cursor is only in the focused list: the others show their first rows */
        top->page_rows = shown;
        top_list_scroll(list, shown);
        area->first = list->first;
    }
    int count = list->count - area->first < shown ? list->count - area->first : shown;
    if (top_screen(top) == SCREEN_ENTRIES && top->cs)
        top_entries_page(&top->entries, top->cs, list->rows + area->first, count);
    draw_rows(top, list, area->widths, y + 1, area->first, count, focused);
}

/* The key that a text like "esc back" is about. */
static int key_of(const char *text)
{
    static const struct {
        const char *name;
        int key;
    } names[] = {{"esc ", 27}, {"enter ", '\r'}, {"tab ", '\t'}, {"space ", ' '}};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strncmp(text, names[i].name, strlen(names[i].name)) == 0)
            return names[i].key;
    }
    return (unsigned char)*text;
}

void top_add_button(struct top *top, int y, int x, int width, int key)
{
    if (top->button_count < TOP_MAX_BUTTONS)
        top->buttons[top->button_count++] = (struct top_button){y, x, width, key};
}

static void draw_keys(struct top *top, struct top_line *line, const char *keys)
{
    while (*keys) {
        const char *end = strstr(keys, "  ");
        int length = end ? (int)(end - keys) : (int)strlen(keys);
        int x = line->x, name = (int)strcspn(keys, " ");
        top_line_add(line, LOOK_BOLD, "%.*s", name, keys);
        top_line_add(line, LOOK_DIM, "%.*s", length - name, keys + name);
        top_add_button(top, line->y, x, line->x - x, key_of(keys));
        top_line_add(line, LOOK_DIM, "  ");
        keys += length + (end ? 2 : 0);
    }
}

static void clock_text(int64_t now_ns, char *buf, size_t size)
{
    time_t seconds = (time_t)(now_ns / 1000000000);
    struct tm tm;
    localtime_r(&seconds, &tm);
    strftime(buf, size, "%H:%M:%S", &tm);
}

/* Which of several segments this is, and the key that shows the next one. Returns false if there is no
 * other. */
static bool draw_place(struct top *top, struct top_line *line)
{
    if (top->segments < (top->segment_place ? 2 : 1))
        return false;
    if (top->segment_place)
        top_line_add(line, LOOK_DIM, " %zu of %zu  ", top->segment_place, top->segments);
    else
        top_line_add(line, LOOK_DIM, "  %zu %s  ", top->segments,
                     top->segments == 1 ? "other" : "others");
    draw_keys(top, line, "n next");
    return true;
}

int top_draw_title(struct top *top)
{
    char up[TEXT_NUMBER_BYTES], clock[16];
    const char *state = !top->cs ? " GONE " : top->paused ? "PAUSED" : "";
    struct top_line line = {.width = terminal_width() - (*state ? 16 : 9)};
    clock_text(top->data.now_ns, clock, sizeof(clock));
    top_line_add(&line, LOOK_BOLD, "connstat %s", top->segment);
    bool apart = draw_place(top, &line);
    if (*top->system.node)
        top_line_add(&line, LOOK_PLAIN, "%son %s", apart ? "" : " ", top->system.node);
    connstat_format_uptime(top->system.uptime_seconds, up, sizeof(up));
    top_line_add(&line, LOOK_DIM, "  up %s  every %g s", up, top->interval_seconds);
    terminal_right(0, terminal_width() - 8, 8, LOOK_PLAIN, clock);
    terminal_selected();
    terminal_text(0, terminal_width() - 15, 6, LOOK_BOLD, state);
    terminal_plain();
    return 1;
}

static void draw_filter(struct top *top, struct top_line *line)
{
    const char *filter = top_focused_filter(top);
    const struct top_list *list = top_focused_list(top);
    struct buffer safe = {0};
    if (!filter || (!top->typing && !*filter))
        return;
    bool entries = top_screen(top) == SCREEN_ENTRIES;
    int all = entries ? top->entries.total : list->panel->count(&top->data);
    char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES];
    buffer_safe(&safe, filter);
    top_line_add(line, top->typing ? LOOK_BOLD : LOOK_WARN, "filter: %s%s (%s of %s)   ",
                 safe.bytes, top->typing ? "_" : "",
                 text_count((uint64_t)list->count, a, sizeof(a)),
                 text_count((uint64_t)all, b, sizeof(b)));
    if (top->typing)
        top_line_add(line, LOOK_DIM, "enter: keep   esc: drop");
    buffer_free(&safe);
}

void top_draw_footer(struct top *top, const char *keys)
{
    struct top_line line = {.y = terminal_height() - 1, .width = terminal_width()};
    draw_filter(top, &line);
    if (!top->typing)
        draw_keys(top, &line, keys);
}
