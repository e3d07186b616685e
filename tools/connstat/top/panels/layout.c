/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/panels/layout.h"

#include <string.h>

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int needed_width(const int *widths, int count)
{
    int needed = -1;
    for (int i = 0; i < count; i++)
        needed += widths[i] > 0 ? widths[i] + 1 : 0;
    return needed;
}

static bool hide_one(const struct top_column *columns, int count, int *widths)
{
    int hidden = -1;
    for (int i = 0; i < count; i++) {
        if (widths[i] > 0 && columns[i].rank > 0 &&
            (hidden < 0 || columns[i].rank > columns[hidden].rank))
            hidden = i;
    }
    if (hidden >= 0)
        widths[hidden] = 0;
    return hidden >= 0;
}

void top_layout_columns(const struct top_column *columns, int count, unsigned hidden, int width,
                        int *widths)
{
    for (int i = 0; i < count; i++)
        widths[i] = hidden >> i & 1 ? 0 : columns[i].width;
    while (needed_width(widths, count) > width) {
        if (!hide_one(columns, count, widths))
            break;
    }
    int left_over = width - needed_width(widths, count);
    for (int i = 0; i < count && left_over > 0; i++) {
        if (!columns[i].grows || widths[i] == 0)
            continue;
        int room = columns[i].most > 0 ? columns[i].most - widths[i] : left_over;
        int more = smaller(room, left_over);
        widths[i] += more;
        left_over -= more;
    }
}

#define PANEL_MINIMUM   3 /* a panel's heading and two rows */
#define TOGETHER_HEIGHT 14

bool top_layout_panels(const int *wanted, int focus, int height, int *heights)
{
    memset(heights, 0, TOP_PANELS * sizeof(*heights));
    if (height < TOGETHER_HEIGHT) {
        heights[focus] = height;
        return true;
    }
    int left = height;
    for (int i = 0; i < TOP_PANELS; i++) {
        heights[i] = smaller(wanted[i], PANEL_MINIMUM);
        left -= heights[i];
    }
    int order[TOP_PANELS + 1] = {focus, TOP_TYPES, TOP_WORKERS, TOP_DEATHS_PANEL};
    for (int i = 0; i <= TOP_PANELS; i++) {
        int more = smaller(wanted[order[i]] - heights[order[i]], left);
        heights[order[i]] += more;
        left -= more;
    }
    return false;
}
