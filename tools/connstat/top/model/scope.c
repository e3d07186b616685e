/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/scope.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/key.h"
#include "format/metadata.h"

static int add_condition(struct top_scope *scope, struct field_ref ref,
                         const struct connstat_field *value)
{
    if (scope->condition_count == TOP_MAX_CONDITIONS)
        return -ENOSPC;
    struct top_condition condition = {.kind = ref.kind, .has_value = value != NULL};
    if (value)
        condition.value = *value;
    bool is_text = value && value->type == CONNSTAT_TEXT;
    condition.name = strdup(ref.name);
    condition.value.name = condition.name;
    if (is_text)
        condition.value.value.text = condition.text = strdup(value->value.text);
    if (!condition.name || (is_text && !condition.text)) {
        free(condition.name);
        free(condition.text);
        return -ENOMEM;
    }
    scope->conditions[scope->condition_count++] = condition;
    return 0;
}

static struct field_ref ref_of(const struct top_condition *condition)
{
    return (struct field_ref){condition->kind, condition->name};
}

int top_scope_copy(struct top_scope *to, const struct top_scope *from)
{
    *to = *from;
    to->condition_count = 0;
    for (int i = 0; i < from->condition_count; i++) {
        const struct top_condition *condition = &from->conditions[i];
        const struct connstat_field *value = condition->has_value ? &condition->value : NULL;
        int error = add_condition(to, ref_of(condition), value);
        if (error < 0) {
            top_scope_free(to);
            return error;
        }
    }
    return 0;
}

void top_scope_free(struct top_scope *scope)
{
    for (int i = 0; i < scope->condition_count; i++) {
        free(scope->conditions[i].name);
        free(scope->conditions[i].text);
    }
    scope->condition_count = 0;
}

int top_scope_narrow(struct top_scope *scope, connstat_t *cs, struct field_ref ref,
                     const struct connstat_field *value)
{
    if (value && ref.kind == FIELD_PID) {
        scope->pid = (pid_t)value->value.integer;
        return 0;
    }
    if (value && ref.kind == FIELD_TYPE) {
        int type = connstat_type_find(cs, value->value.text);
        scope->type = type < 0 ? scope->type : type;
        return type < 0 ? type : 0;
    }
    if (value && ref.kind == FIELD_KEY) {
        scope->has_key = true;
        return key_parse(value->value.text, &scope->key);
    }
    return add_condition(scope, ref, value);
}

bool top_scope_fixes(const struct top_scope *scope, struct field_ref ref)
{
    if ((ref.kind == FIELD_PID && scope->pid != 0) ||
        (ref.kind == FIELD_TYPE && scope->type != CONNSTAT_ANY_TYPE) ||
        (ref.kind == FIELD_KEY && scope->has_key))
        return true;
    for (int i = 0; i < scope->condition_count; i++) {
        const struct top_condition *condition = &scope->conditions[i];
        if (condition->kind == ref.kind && strcmp(condition->name, ref.name) == 0)
            return true;
    }
    return false;
}

struct visit {
    const struct top_scope *scope;
    connstat_t *cs;
    connstat_visit_fn visit;
    void *arg;
};

static bool holds(const struct top_condition *condition, connstat_t *cs,
                  const struct connstat_entry *entry)
{
    struct entry_field storage;
    const struct connstat_field *value = field_to_show(cs, entry, ref_of(condition), &storage);
    if (!value || !condition->has_value)
        return !value && !condition->has_value;
    return field_compare(value, &condition->value) == 0;
}

static int visit_matching(const struct connstat_entry *entry, void *arg)
{
    const struct visit *visit = arg;
    const struct top_scope *scope = visit->scope;
    if (scope->pid != 0 && entry->pid != scope->pid)
        return 0;
    for (int i = 0; i < scope->condition_count; i++) {
        if (!holds(&scope->conditions[i], visit->cs, entry))
            return 0;
    }
    return visit->visit(entry, visit->arg);
}

int64_t top_scope_for_each(const struct top_scope *scope, connstat_t *cs, bool needs_metadata,
                           connstat_visit_fn visit, void *arg)
{
    struct visit all = {scope, cs, visit, arg};
    if (scope->has_key)
        return connstat_for_each_key(cs, scope->type, scope->key, visit_matching, &all);
    if (needs_metadata || scope->condition_count > 0)
        return connstat_for_each(cs, scope->type, visit_matching, &all);
    return connstat_for_each_encoded(cs, scope->type, visit_matching, &all);
}
