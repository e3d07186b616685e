/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/select.h"

#include <errno.h>
#include <stdio.h>

#include "common/text.h"

int select_add(struct selection *selection, const char *text, char *problem, size_t size)
{
    struct scanner scanner;
    if (selection->where_count == SELECT_MAX_WHERES) {
        snprintf(problem, size, "at most %d expressions", SELECT_MAX_WHERES);
        return -EINVAL;
    }
    size_t budget = EXPRESSION_MAX_CONDITIONS - selection->condition_count;
    struct expression *expression = expression_read(&scanner, text, selection->source, &budget);
    if (!expression) {
        snprintf(problem, size, "%s", scanner.problem);
        return scanner.out_of_memory ? -ENOMEM : -EINVAL;
    }
    selection->condition_count = EXPRESSION_MAX_CONDITIONS - budget;
    selection->wheres[selection->where_count++] = expression;
    return 0;
}

void select_free(struct selection *selection)
{
    for (size_t i = 0; i < selection->where_count; i++)
        expression_free(selection->wheres[i]);
    selection->where_count = 0;
}

const struct condition *select_bind(struct selection *selection, connstat_t *cs)
{
    const struct condition *refused = NULL;
    for (size_t i = 0; i < selection->where_count && !refused; i++)
        refused = expression_bind(selection->wheres[i], cs);
    return refused;
}

static bool conditions_hold(struct selection *selection, connstat_t *cs,
                            const struct connstat_entry *entry)
{
    for (size_t i = 0; i < selection->where_count; i++) {
        if (expression_holds(selection->wheres[i], cs, entry) == selection->is_any)
            return selection->is_any;
    }
    return selection->where_count == 0 || !selection->is_any;
}

bool select_matches(struct selection *selection, connstat_t *cs, const struct connstat_entry *entry)
{
    for (size_t i = 0; i < selection->where_count; i++)
        expression_look(selection->wheres[i], entry);
    if (selection->worker != 0 && entry->pid != selection->worker)
        return false;
    if (selection->older_seconds > 0 &&
        !(text_age_seconds(entry->started_at_ns) >= selection->older_seconds))
        return false; /* also where its age is not known */
    if (selection->idle_seconds > 0 &&
        !(text_age_seconds(entry->active_at_ns) >= selection->idle_seconds))
        return false;
    return conditions_hold(selection, cs, entry);
}

struct filtered_visit {
    connstat_t *cs;
    struct selection *selection;
    connstat_visit_fn visit;
    void *arg;
};

static int visit_if_selected(const struct connstat_entry *entry, void *arg)
{
    struct filtered_visit *filtered = arg;
    struct selection *selection = filtered->selection;
    if (selection->source && selection->source->is_later(selection->source, entry))
        return 0;
    selection->looked_at++;
    if (!select_matches(selection, filtered->cs, entry))
        return 0;
    int stop = filtered->visit(entry, filtered->arg);
    selection->was_stopped = stop != 0;
    return stop;
}

static int64_t visit_type(struct filtered_visit *filtered, int type)
{
    const struct selection *selection = filtered->selection;
    if (selection->has_key)
        return connstat_for_each_key(filtered->cs, type, selection->key, visit_if_selected,
                                     filtered);
    return connstat_for_each(filtered->cs, type, visit_if_selected, filtered);
}

int64_t select_for_each(connstat_t *cs, struct selection *selection, connstat_visit_fn visit,
                        void *arg)
{
    struct filtered_visit filtered = {cs, selection, visit, arg};
    selection->was_stopped = false;
    if (selection->types == 0)
        return visit_type(&filtered, CONNSTAT_ANY_TYPE);
    int64_t sum = 0;
    for (int type = 0; type < CONNSTAT_MAX_TYPES && !selection->was_stopped; type++) {
        if (!(selection->types >> type & 1))
            continue;
        int64_t visited = visit_type(&filtered, type);
        if (visited < 0)
            return visited;
        sum += visited;
    }
    return sum;
}

void select_remarks(const struct selection *selection, void (*tell)(const char *remark, void *arg),
                    void *arg)
{
    if (selection->looked_at == 0 || selection->was_stopped)
        return;
    for (size_t i = 0; i < selection->where_count; i++)
        expression_remarks(selection->wheres[i], tell, arg);
}
