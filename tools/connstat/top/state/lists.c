/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/clock.h"
#include "top/state/state.h"

struct top_list *top_focused_list(struct top *top)
{
    switch (top->screen) {
    case SCREEN_OVERVIEW:
        return &top->panels[top->focus];
    case SCREEN_ENTRIES:
        return &top->entry_list;
    default:
        return NULL;
    }
}

char *top_focused_filter(struct top *top)
{
    return top->screen == SCREEN_OVERVIEW ? top->filter : top->entry_filter;
}

int64_t top_next_look(int64_t started_ns)
{
    int64_t now = clock_monotonic_ns();
    return now + 10 * (now - started_ns);
}

static void take_entries(struct top *top)
{
    int64_t started = clock_monotonic_ns();
    bool shown = top->screen == SCREEN_ENTRIES || top->screen == SCREEN_ENTRY;
    if (!shown || started < top->entries_due_ns)
        return;
    top_entries_take(&top->entries, top->cs);
    top_list_update(&top->entry_list, &top->data, "");
    top->entries_due_ns = top_next_look(started);
}

void top_update_lists(struct top *top)
{
    top->stale = false;
    top->data.now_ns = clock_now_ns();
    for (int i = 0; i < TOP_PANELS; i++)
        top_list_update(&top->panels[i], &top->data, top->filter);
    if (top->cs)
        take_entries(top);
}

void top_freshen_lists(struct top *top)
{
    if (top->stale)
        top_update_lists(top);
}
