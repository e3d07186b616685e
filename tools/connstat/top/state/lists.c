/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/clock.h"
#include "top/state/state.h"

int64_t top_next_look(int64_t started_ns)
{
    int64_t now = clock_monotonic_ns();
    return now + 10 * (now - started_ns);
}

static void take_rows(struct top *top)
{
    struct top_place *here = top_here(top);
    if (here->screen == SCREEN_ENTRIES)
        top_entries_take(&top->entries, top->cs, &here->scope, here->filter);
    else if (here->screen == SCREEN_FIELDS)
        top_fields_take(&top->fields, top->cs, &here->scope);
    else
        top_groups_take(&top->groups, top->cs, &here->scope,
                        (struct field_ref){here->group_kind, here->group_name});
}

void top_update_list(struct top *top, struct top_list *list)
{
    top_list_update(list, &top->data, top_filter_of(top, list));
}

static void update_here(struct top *top)
{
    struct top_place *here = top_here(top);
    if (here->screen == SCREEN_ENTRY && top->cs)
        top_network_take(&top->network, top->cs, here->entry.id);
    int64_t started = clock_monotonic_ns();
    if (!here->list.panel || !top->cs || started < top->entries_due_ns)
        return;
    take_rows(top);
    top_update_list(top, &here->list);
    top->entries_due_ns = top_next_look(started);
}

void top_update_lists(struct top *top)
{
    top->stale = false;
    top->data.now_ns = clock_now_ns();
    for (int i = 0; i < TOP_PANELS; i++)
        top_update_list(top, &top->panels[i]);
    update_here(top);
}

void top_freshen_lists(struct top *top)
{
    if (top->stale)
        top_update_lists(top);
}
