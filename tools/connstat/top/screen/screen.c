/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <curses.h>

#include "top/screen/terminal.h"
#include "top/state/state.h"

void top_draw(struct top *top)
{
    enum top_screen screen = top_screen(top);
    top->area_count = top->button_count = 0;
    erase();
    if (terminal_width() < 40 || terminal_height() < 8) {
        terminal_text(0, 0, terminal_width(), LOOK_PLAIN, "too small:");
        terminal_text(1, 0, terminal_width(), LOOK_PLAIN, "40x8 at least");
    } else if (screen == SCREEN_OVERVIEW) {
        top_draw_overview(top);
    } else if (screen == SCREEN_ENTRIES) {
        top_draw_entries(top);
    } else if (screen == SCREEN_FIELDS) {
        top_draw_fields(top);
    } else if (screen == SCREEN_GROUPS) {
        top_draw_groups(top);
    } else if (screen == SCREEN_ENTRY) {
        top_draw_entry(top);
    } else if (screen == SCREEN_DEATH) {
        top_draw_death(top);
    } else {
        top_draw_all_alerts(top);
    }
    if (top->help)
        top_draw_help();
    refresh();
}
