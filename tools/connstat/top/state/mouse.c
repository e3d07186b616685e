/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A click on a row selects it, and one on the row that a click has selected opens it, however long
 * after; on a heading it sorts; on a text that names a key it is that key. The wheel moves the cursor
 * of the table under the pointer.
 */
#include "top/state/state.h"

#define WHEEL_ROWS 3

static const struct top_area *find_area(const struct top *top, int y)
{
    for (int i = 0; i < top->area_count; i++) {
        if (y >= top->areas[i].y && y <= top->areas[i].y + top->areas[i].rows)
            return &top->areas[i];
    }
    return NULL;
}

static void focus(struct top *top, const struct top_area *area)
{
    if (top_screen(top) == SCREEN_OVERVIEW)
        top->focus = area->panel;
    area->list->first = area->first; /* the rows stay where they are */
}

static void click_heading(struct top *top, const struct top_area *area, int x)
{
    int left = 0;
    for (int i = 0; i < area->list->panel->column_count; i++) {
        int width = area->widths[i];
        if (width > 0 && x >= left && x < left + width) {
            top_list_sort_by(area->list, i);
            top_update_list(top, area->list);
            top_list_move(area->list, &top->data, 0);
            return;
        }
        left += width > 0 ? width + 1 : 0;
    }
}

static void click_row(struct top *top, const struct top_area *area, int row)
{
    if (row >= area->list->count)
        return;
    bool again = top->clicked == area->list && area->list->cursor == row;
    top->clicked = area->list;
    top_list_move(area->list, &top->data, row);
    if (again)
        top_open_selected(top);
}

static bool press_button(struct top *top, const struct top_click *click)
{
    for (int i = 0; i < top->button_count; i++) {
        const struct top_button *button = &top->buttons[i];
        if (click->y == button->y && click->x >= button->x &&
            click->x < button->x + button->width) {
            top_key(top, button->key);
            return true;
        }
    }
    return false;
}

static void press(struct top *top, const struct top_click *click)
{
    const struct top_area *area = find_area(top, click->y);
    if (press_button(top, click) || !area)
        return;
    focus(top, area);
    if (click->y == area->y)
        click_heading(top, area, click->x);
    else
        click_row(top, area, area->first + click->y - area->y - 1);
}

static void turn(struct top *top, const struct top_click *click)
{
    const struct top_area *area = find_area(top, click->y);
    int step = click->what == CLICK_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
    if (!area)
        return;
    focus(top, area);
    top_list_move(area->list, &top->data, area->list->cursor + step);
}

void top_click(struct top *top, const struct top_click *click)
{
    if (top->help) {
        top->help = false;
        return;
    }
    top->typing = false;
    top_freshen_lists(top);
    if (click->what == CLICK_PRESS)
        press(top, click);
    else if (click->what == CLICK_BACK)
        top_back(top);
    else
        turn(top, click);
}
