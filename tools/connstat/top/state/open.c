/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <stdlib.h>
#include <string.h>

#include "top/state/state.h"

static void open_entries(struct top *top, const struct top_scope *scope)
{
    if (top_enter(top, SCREEN_ENTRIES, scope))
        top_update_lists(top);
}

void top_open_type(struct top *top, int type)
{
    open_entries(top, &(struct top_scope){.type = type});
}

void top_open_worker(struct top *top, pid_t pid)
{
    open_entries(top, &(struct top_scope){.type = CONNSTAT_ANY_TYPE, .pid = pid});
}

static int selected_row(struct top *top)
{
    const struct top_list *list = top_focused_list(top);
    return list && list->count > 0 ? list->rows[list->cursor] : -1;
}

static void open_entry(struct top *top, int row)
{
    struct top_entry entry = top->entries.rows[row];
    struct top_place *place = top_enter(top, SCREEN_ENTRY, &top_here(top)->scope);
    if (!place)
        return;
    place->entry = entry;
    top_update_lists(top);
}

static void open_death(struct top *top, int row)
{
    struct top_place *place = top_enter(top, SCREEN_DEATH, &top_here(top)->scope);
    if (place)
        place->death = top->model.deaths[row];
}

static void open_panel_row(struct top *top, int row)
{
    if (top->focus == TOP_TYPES)
        top_open_type(top, top->model.types[row].index);
    else if (top->focus == TOP_WORKERS)
        top_open_worker(top, top->model.workers[row].now.pid);
    else
        open_death(top, row);
}

static void open_groups(struct top *top, int row)
{
    enum field_kind kind = top->fields.rows[row].kind;
    char *name = strdup(top->fields.rows[row].name);
    struct top_place *place = name ? top_enter(top, SCREEN_GROUPS, &top_here(top)->scope) : NULL;
    if (!place) {
        free(name);
        return;
    }
    place->group_kind = kind;
    place->group_name = name;
    top_update_lists(top);
}

static void open_group(struct top *top, int row)
{
    const struct top_place *here = top_here(top);
    const struct group *group = top->groups.ranked[row];
    struct top_scope scope;
    if (top_scope_copy(&scope, &here->scope) < 0)
        return;
    struct field_ref ref = {here->group_kind, here->group_name};
    if (top_scope_narrow(&scope, top->cs, ref, group->has_field ? &group->field : NULL) == 0)
        open_entries(top, &scope);
    top_scope_free(&scope);
}

void top_open_selected(struct top *top)
{
    int row = selected_row(top);
    if (row < 0)
        return;
    switch (top_screen(top)) {
    case SCREEN_OVERVIEW:
        open_panel_row(top, row);
        break;
    case SCREEN_ENTRIES:
        open_entry(top, row);
        break;
    case SCREEN_FIELDS:
        open_groups(top, row);
        break;
    default:
        open_group(top, row);
    }
}

static int copy_key(const struct connstat_entry *entry, void *arg)
{
    struct top_scope *scope = arg;
    scope->has_key = entry->key != NULL;
    if (entry->key)
        scope->key = *entry->key;
    return 0;
}

void top_open_same_key(struct top *top)
{
    struct top_scope scope = {.type = CONNSTAT_ANY_TYPE};
    const struct top_place *here = top_here(top);
    int row = selected_row(top);
    connstat_id id = 0;
    if (here->screen == SCREEN_ENTRY)
        id = here->entry.id;
    else if (here->screen == SCREEN_ENTRIES && row >= 0)
        id = top->entries.rows[row].id;
    connstat_get(top->cs, id, copy_key, &scope);
    if (scope.has_key)
        open_entries(top, &scope);
}

/* Opens the fields of the entries that are shown; in the overview, of those of the type or the worker under
 * the cursor. */
void top_open_fields(struct top *top)
{
    enum top_screen screen = top_screen(top);
    if (screen == SCREEN_OVERVIEW && top->focus != TOP_DEATHS_PANEL)
        top_open_selected(top);
    if (top_screen(top) == SCREEN_ENTRIES && top_enter(top, SCREEN_FIELDS, &top_here(top)->scope))
        top_update_lists(top);
}

void top_back(struct top *top)
{
    top_leave(top);
    top_update_lists(top);
}

void top_open_alerts(struct top *top)
{
    if (top_screen(top) == SCREEN_ALERTS)
        top_back(top);
    else
        top_enter(top, SCREEN_ALERTS, &top_here(top)->scope);
}
