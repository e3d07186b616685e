/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/screen/draw.h"

static const struct {
    const char *keys, *what;
} lines[] = {
    {"up down j k", "move; page up and down, home, end"},
    {"tab 1 2 3", "types, workers, deaths"},
    {"enter right", "look into what is selected"},
    {"esc left", "drop the filter, or go back"},
    {"/", "filter; =word: what is that and no more"},
    {"b", "group the entries by a field"},
    {"e", "entries of the same key as this one"},
    {"s S r", "sort by the next, previous column; reverse"},
    {"a", "all that is wrong, and what to do"},
    {"n N", "the next or previous segment"},
    {"space + -", "pause or go on; faster, slower"},
    {"mouse", "click selects, again opens; heading sorts"},
    {"m", "mouse off (it selects text then), on"},
    {"h q", "this help, quit"},
};

#define WIDTH 64

static void draw_frame(int y, int x, int width)
{
    terminal_fill(y, x, width, LOOK_PLAIN);
    terminal_selected();
    terminal_fill(y, x, 1, LOOK_PLAIN);
    terminal_fill(y, x + width - 1, 1, LOOK_PLAIN);
    terminal_plain();
}

static void draw_bar(int y, int x, int width, const char *text)
{
    terminal_selected();
    terminal_fill(y, x, width, LOOK_PLAIN);
    terminal_text(y, x + 2, width - 4, LOOK_BOLD, text);
    terminal_plain();
}

void top_draw_help(void)
{
    int count = (int)(sizeof(lines) / sizeof(*lines));
    int width = terminal_width() < WIDTH ? terminal_width() : WIDTH;
    int x = (terminal_width() - width) / 2;
    int y = (terminal_height() - count - 2) / 2;
    if (y < 0)
        y = 0;
    draw_bar(y++, x, width, "connstat top: any key closes this help");
    for (int i = 0; i < count && y < terminal_height(); i++, y++) {
        draw_frame(y, x, width);
        terminal_text(y, x + 3, 11, LOOK_BOLD, lines[i].keys);
        terminal_text(y, x + 16, width - 18, LOOK_PLAIN, lines[i].what);
    }
    if (y < terminal_height())
        draw_bar(y, x, width, "");
}
