/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The lines about what is wrong, the gravest first.
 */
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

void top_draw_alerts(const struct top *top, int y, int height)
{
    int count = (int)top->alerts.count;
    for (int i = 0; i < count && i < height; i++) {
        int width = terminal_width(), more = count - height;
        if (i == height - 1 && more > 0) {
            char text[32];
            snprintf(text, sizeof(text), "+%d: a", more);
            width -= (int)text_width(text) + 1;
            terminal_right(y + i, width + 1, terminal_width() - width - 1, LOOK_BOLD, text);
        }
        draw_alert(&top->alerts.rows[i], y + i, width);
    }
}
