/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/state/state.h"

static void open_entries(struct top *top, const struct top_panel *panel, int type, pid_t pid)
{
    top->screen = SCREEN_ENTRIES;
    top->entries.type = type;
    top->entries.pid = pid;
    top->entries.filter = top->entry_filter;
    top->entries.count = 0;
    top->entry_filter[0] = '\0';
    top_list_free(&top->entry_list);
    top->entry_list = top_list_of(panel);
    top->entries_due_ns = 0;
    top_update_lists(top);
}

void top_open_type(struct top *top, int type)
{
    open_entries(top, &top_type_entries_panel, type, 0);
}

void top_open_worker(struct top *top, pid_t pid)
{
    open_entries(top, &top_worker_entries_panel, CONNSTAT_ANY_TYPE, pid);
}

static void open_entry(struct top *top)
{
    const struct top_list *list = &top->entry_list;
    if (list->count == 0)
        return;
    top->entry = top->entries.rows[list->rows[list->cursor]];
    top->screen = SCREEN_ENTRY;
}

static void open_death(struct top *top, int row)
{
    top->death = top->model.deaths[row];
    top->screen = SCREEN_DEATH;
}

static void open_row(struct top *top)
{
    const struct top_list *list = &top->panels[top->focus];
    if (list->count == 0)
        return;
    int row = list->rows[list->cursor];
    if (top->focus == TOP_TYPES)
        top_open_type(top, top->model.types[row].index);
    else if (top->focus == TOP_WORKERS)
        top_open_worker(top, top->model.workers[row].now.pid);
    else
        open_death(top, row);
}

void top_open_selected(struct top *top)
{
    if (top->screen == SCREEN_OVERVIEW)
        open_row(top);
    else if (top->screen == SCREEN_ENTRIES)
        open_entry(top);
}

void top_back(struct top *top)
{
    if (top->screen == SCREEN_ENTRY) {
        top->screen = SCREEN_ENTRIES;
        top->entries_due_ns = 0;
    } else {
        top->screen = SCREEN_OVERVIEW;
    }
}
