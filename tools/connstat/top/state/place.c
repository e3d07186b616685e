/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The way from the overview to where somebody is.
 */
#include <stdlib.h>
#include <string.h>

#include "top/state/state.h"

struct top_place *top_here(struct top *top)
{
    return &top->places[top->depth];
}

enum top_screen top_screen(const struct top *top)
{
    return top->places[top->depth].screen;
}

struct top_list *top_focused_list(struct top *top)
{
    struct top_place *here = top_here(top);
    if (here->screen == SCREEN_OVERVIEW)
        return &top->panels[top->focus];
    return here->list.panel ? &here->list : NULL;
}

char *top_focused_filter(struct top *top)
{
    struct top_place *here = top_here(top);
    if (here->screen == SCREEN_OVERVIEW)
        return top->filters[top->focus];
    return here->list.panel ? here->filter : NULL;
}

const char *top_filter_of(struct top *top, const struct top_list *list)
{
    for (int i = 0; i < TOP_PANELS; i++) {
        if (list == &top->panels[i])
            return top->filters[i];
    }
    return top_here(top)->filter;
}

/* Forget the rows of the place before: their numbers mean nothing here. */
static void arrive(struct top *top)
{
    struct top_place *here = top_here(top);
    top->entries.count = top->entries.total = top->entries.page_count = 0;
    top_fields_free(&top->fields);
    top_groups_free(&top->groups);
    here->list.count = 0;
    top->data.scope = &here->scope;
    top->entries_due_ns = 0;
    top->typing = false;
    top->clicked = NULL;
}

static const struct top_panel *panel_of(enum top_screen screen)
{
    switch (screen) {
    case SCREEN_ENTRIES:
        return &top_entries_panel;
    case SCREEN_FIELDS:
        return &top_fields_panel;
    case SCREEN_GROUPS:
        return &top_groups_panel;
    default:
        return NULL;
    }
}

struct top_place *top_enter(struct top *top, enum top_screen screen, const struct top_scope *scope)
{
    const struct top_panel *panel = panel_of(screen);
    if (top->depth + 1 == TOP_MAX_DEPTH)
        return NULL;
    struct top_place *place = &top->places[top->depth + 1];
    *place = (struct top_place){.screen = screen};
    if (top_scope_copy(&place->scope, scope) < 0)
        return NULL;
    if (panel)
        place->list = top_list_of(panel);
    top->depth++;
    arrive(top);
    return place;
}

void top_leave(struct top *top)
{
    if (top->depth == 0)
        return;
    struct top_place *place = top_here(top);
    top_groups_free(&top->groups); /* may use the place's name */
    top_list_free(&place->list);
    top_scope_free(&place->scope);
    free(place->group_name);
    memset(place, 0, sizeof(*place));
    top->depth--;
    arrive(top);
}

void top_home(struct top *top)
{
    while (top->depth > 0)
        top_leave(top);
}
