/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The lines about what is wrong, the gravest first.
 */
#include <string.h>

#include "common/text.h"
#include "top/screen/draw.h"

static enum top_look look_of(const struct alert *alert)
{
    switch (alert->level) {
    case ALERT_CRITICAL:
        return LOOK_BAD;
    case ALERT_WARNING:
        return LOOK_WARN;
    default:
        return LOOK_DIM;
    }
}

static void draw_alert(const struct alert *alert, int y, int width)
{
    struct top_line line = {.y = y, .width = width};
    line.x += terminal_text(y, 0, width, look_of(alert), alert->text);
    if (*alert->advice)
        top_line_add(&line, LOOK_DIM, "; %s", alert->advice);
}

void top_draw_alerts(struct top *top, int y, int height)
{
    int count = (int)top->alerts.count;
    if (count == 0)
        terminal_text(y, 0, terminal_width(), LOOK_GOOD, "nothing is wrong");
    for (int i = 0; i < count && i < height; i++) {
        int width = terminal_width(), more = count - height;
        if (i == height - 1 && more > 0) {
            char text[32];
            snprintf(text, sizeof(text), "+%d: a", more);
            width -= (int)text_width(text) + 1;
            terminal_right(y + i, width + 1, terminal_width() - width - 1, LOOK_BOLD, text);
        }
        top_add_button(top, y + i, 0, terminal_width(), 'a');
        draw_alert(&top->alerts.rows[i], y + i, width);
    }
}

int top_draw_words(int y, int x, enum top_look look, const char *text)
{
    int width = terminal_width() - x;
    while (*text && y < terminal_height() - 1) {
        char line[512];
        size_t length = strlen(text), room = (size_t)width;
        if (room >= sizeof(line))
            room = sizeof(line) - 1;
        if (length > room) {
            length = room;
            while (length > 0 && text[length] != ' ')
                length--;
            length = length ? length : room;
        }
        memcpy(line, text, length);
        line[length] = '\0';
        terminal_text(y++, x, width, look, line);
        text += length;
        text += strspn(text, " ");
    }
    return y;
}

void top_draw_all_alerts(struct top *top)
{
    int y = top_draw_title(top) + 1;
    if (top->alerts.count == 0)
        terminal_text(y, 0, terminal_width(), LOOK_GOOD, "nothing is wrong");
    for (size_t i = 0; i < top->alerts.count; i++) {
        const struct alert *alert = &top->alerts.rows[i];
        terminal_text(y, 0, 9, look_of(alert), name_of_alert_level(alert->level));
        y = top_draw_words(y, 10, look_of(alert), alert->text);
        y = top_draw_words(y, 10, LOOK_DIM, alert->advice);
    }
    top_draw_footer(top, "a esc back  q quit  h help");
}
