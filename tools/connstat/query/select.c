/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "format/metadata.h"

/* Reads the operator at the start of text. Returns its length, 0: none. */
static size_t read_comparison(const char *text, enum comparison *comparison)
{
    static const struct {
        const char *text;
        enum comparison comparison;
    } operators[] = {
        {"!=", IS_NOT}, {"<=", AT_MOST}, {">=", AT_LEAST}, {"=", IS}, {"<", BELOW}, {">", ABOVE},
    };
    for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
        size_t length = strlen(operators[i].text);
        if (strncmp(text, operators[i].text, length) == 0) {
            *comparison = operators[i].comparison;
            return length;
        }
    }
    return 0;
}

int select_add_condition(struct selection *selection, const char *text)
{
    struct condition condition;
    size_t name_length = strcspn(text, "=!<>");
    size_t operator_length = read_comparison(text + name_length, &condition.comparison);
    if (name_length == 0 || operator_length == 0)
        return -EINVAL;
    if (selection->condition_count == SELECT_MAX_CONDITIONS)
        return -E2BIG;
    condition.name = strndup(text, name_length);
    condition.value = text + name_length + operator_length;
    if (!condition.name)
        return -ENOMEM;
    selection->conditions[selection->condition_count++] = condition;
    return 0;
}

void select_free(struct selection *selection)
{
    for (size_t i = 0; i < selection->condition_count; i++)
        free(selection->conditions[i].name);
    selection->condition_count = 0;
}

/* The condition's value as a field of the entry's field's type, where it reads as one. */
static bool read_operand(const struct connstat_field *field, const char *text,
                         struct connstat_field *operand)
{
    *operand = connstat_text(field->name, text);
    switch (field->type) {
    case CONNSTAT_TEXT:
        return true;
    case CONNSTAT_BOOL:
        operand->type = CONNSTAT_BOOL;
        operand->value.boolean = strcmp(text, "true") == 0;
        return operand->value.boolean || strcmp(text, "false") == 0;
    case CONNSTAT_INT:
    case CONNSTAT_FLOAT:
        operand->type = CONNSTAT_INT;
        if (text_integer(text, &operand->value.integer))
            return true;
        operand->type = CONNSTAT_FLOAT;
        return text_real(text, &operand->value.real);
    case CONNSTAT_SLICE: /* never read back */
        break;
    }
    return false;
}

static bool condition_holds(const struct condition *condition, const struct connstat_entry *entry)
{
    const struct connstat_field *field =
        metadata_find(entry->metadata, entry->metadata_count, condition->name);
    struct connstat_field operand;
    if (!field || !read_operand(field, condition->value, &operand))
        return condition->comparison == IS_NOT;
    int order = field_compare(field, &operand);
    switch (condition->comparison) {
    case IS:
        return order == 0;
    case IS_NOT:
        return order != 0;
    case BELOW:
        return order < 0;
    case AT_MOST:
        return order <= 0;
    case ABOVE:
        return order > 0;
    case AT_LEAST:
        return order >= 0;
    }
    return false;
}

bool select_matches(const struct selection *selection, const struct connstat_entry *entry)
{
    if (selection->worker != 0 && entry->pid != selection->worker)
        return false;
    if (selection->older_seconds > 0 &&
        text_age_seconds(entry->started_at_ns) < selection->older_seconds)
        return false;
    for (size_t i = 0; i < selection->condition_count; i++) {
        if (!condition_holds(&selection->conditions[i], entry))
            return false;
    }
    return true;
}

struct filtered_visit {
    const struct selection *selection;
    connstat_visit_fn visit;
    void *arg;
};

static int visit_if_selected(const struct connstat_entry *entry, void *arg)
{
    struct filtered_visit *filtered = arg;
    return select_matches(filtered->selection, entry) ? filtered->visit(entry, filtered->arg) : 0;
}

int64_t select_for_each(connstat_t *cs, const struct selection *selection, connstat_visit_fn visit,
                        void *arg)
{
    struct filtered_visit filtered = {selection, visit, arg};
    if (selection->has_key)
        return connstat_for_each_key(cs, selection->type, selection->key, visit_if_selected,
                                     &filtered);
    return connstat_for_each(cs, selection->type, visit_if_selected, &filtered);
}
