/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/condition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "format/key.h"
#include "format/literal.h"
#include "format/metadata.h"
#include "format/names.h"

static bool read_operand(struct scanner *scanner, struct condition *condition)
{
    struct word value;
    if (!scanner_comparison(scanner, &condition->comparison)) {
        scanner_refuse(scanner,
                       "\"%.100s\" is no condition: write field=value, also with "
                       "!= < <= > >= ~ *= or ^=; what holds a blank stands in quotes",
                       condition->name);
        return false;
    }
    return scanner_value(scanner, condition->comparison, &value) &&
           operand_read(scanner, condition->field, condition->comparison, value,
                        &condition->operand);
}

static bool can_be_absent(struct scanner *scanner, const struct condition *condition)
{
    enum comparison comparison;
    enum field_kind kind = condition->field.kind;
    if (kind != FIELD_METADATA && kind != FIELD_KEY && kind != FIELD_OF_SOURCE)
        scanner_refuse(scanner, "no entry is without %s", condition->name);
    else if (scanner_comparison(scanner, &comparison))
        scanner_refuse(scanner, "!%s means \"without it\": write %s!=value for another one",
                       condition->name, condition->name);
    return *scanner->problem == '\0';
}

bool condition_read(struct scanner *scanner, struct condition *condition)
{
    struct word name;
    scanner_skip_blanks(scanner);
    bool is_absence = *scanner->at == '!';
    scanner->at += is_absence;
    if (!scanner_name(scanner, &name))
        return false;
    condition->name = name.text;
    condition->field = field_find(name.text, scanner->source);
    condition->comparison = ABSENT;
    if (is_absence ? can_be_absent(scanner, condition) : read_operand(scanner, condition))
        return true;
    condition_free(condition);
    return false;
}

void condition_free(struct condition *condition)
{
    operand_free(&condition->operand);
    free(condition->name);
    condition->name = NULL;
}

bool condition_bind(struct condition *condition, connstat_t *cs)
{
    if (condition->field.kind != FIELD_TYPE ||
        (condition->comparison != IS && condition->comparison != IS_NOT))
        return true;
    int type = type_of_name(cs, condition->operand.text);
    condition->operand.types = type < 0 ? 0 : UINT64_C(1) << type;
    return type >= 0;
}

static const struct connstat_field *metadata_field(const struct condition *condition,
                                                   const struct connstat_entry *entry)
{
    return metadata_find(entry->metadata, entry->metadata_count, condition->field.name);
}

void condition_look(struct condition *condition, const struct connstat_entry *entry)
{
    const struct field_source *source = condition->field.source;
    struct entry_field storage;
    if (condition->was_found)
        return;
    switch (condition->field.kind) {
    case FIELD_METADATA:
        condition->was_found = metadata_field(condition, entry) != NULL;
        break;
    case FIELD_OF_SOURCE:
        condition->was_found = source->value(source, entry, condition->field.number, &storage);
        break;
    default:
        condition->was_found = true;
    }
}

static bool decide(enum comparison comparison, int order)
{
    switch (comparison) {
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
    default:
        return false;
    }
}

static bool decide_text(const struct condition *condition, const char *text, const char *wanted)
{
    switch (condition->comparison) {
    case CONTAINS:
        return strstr(text, wanted);
    case BEGINS:
        return strncmp(text, wanted, strlen(wanted)) == 0;
    case MATCHES:
        return regexec(&condition->operand.regex, text, 0, NULL, 0) == 0;
    default:
        return decide(condition->comparison, strcmp(text, wanted));
    }
}

/* A bare word with backslashes may be meant as it was typed, or as a table shows that text. Both
 * are tried. */
static bool text_holds(struct condition *condition, const char *text)
{
    const struct operand *operand = &condition->operand;
    bool is_negative = condition->comparison == IS_NOT;
    if (!operand->is_text && condition->comparison <= AT_LEAST) {
        double real;
        bool orders = condition->comparison != IS && !is_negative;
        condition->other_kinds +=
            orders ? text_real(text, &real) : strcmp(text, operand->text) == 0;
        return is_negative;
    }
    condition->has_met_kind = true;
    bool holds = decide_text(condition, text, operand->text);
    if (operand->shown && holds == is_negative)
        return decide_text(condition, text, operand->shown);
    return holds;
}

static bool number_holds(struct condition *condition, long double number)
{
    const struct operand *operand = &condition->operand;
    enum comparison comparison = condition->comparison;
    condition->numbers += !operand->has_number;
    if (!operand->has_number)
        return comparison == IS_NOT;
    condition->has_met_kind = true;
    if (operand->is_nan)
        return isnan(number) == (comparison == IS);
    if (isnan(number))
        return comparison == IS_NOT;
    return decide(comparison, (number > operand->number) - (number < operand->number));
}

static bool boolean_holds(struct condition *condition, bool boolean)
{
    const struct operand *operand = &condition->operand;
    condition->numbers += !operand->has_boolean;
    if (!operand->has_boolean)
        return condition->comparison == IS_NOT;
    condition->has_met_kind = true;
    return decide(condition->comparison, boolean - operand->boolean);
}

static bool field_holds(struct condition *condition, const struct connstat_field *field)
{
    char number[FIELD_NUMBER_BYTES];
    if (field->type == CONNSTAT_TEXT)
        return text_holds(condition, field->value.text);
    if (condition->comparison > AT_LEAST)
        return text_holds(condition, field_number(field, number));
    if (field->type == CONNSTAT_BOOL)
        return boolean_holds(condition, field->value.boolean);
    return number_holds(condition, field->type == CONNSTAT_INT ? field->value.integer
                                                               : (long double)field->value.real);
}

/* A time or an age stands for all values that are written the same: "14:03" for a whole minute. */
static bool span_holds(const struct condition *condition, long double value)
{
    const struct operand *operand = &condition->operand;
    if (isnan(value))
        return condition->comparison == IS_NOT;
    int order = value < operand->number ? -1 : value >= operand->end;
    return decide(condition->comparison, order);
}

static bool key_holds(struct condition *condition, const struct connstat_key *key)
{
    char printed[KEY_BYTES];
    if (!key)
        return condition->comparison == IS_NOT;
    if (condition->comparison > AT_LEAST)
        return text_holds(condition, key_print(key, printed));
    return decide(condition->comparison,
                  memcmp(key->bytes, condition->operand.key.bytes, sizeof(key->bytes)));
}

static bool type_holds(struct condition *condition, connstat_t *cs, int type)
{
    const char *name = connstat_type_name(cs, type);
    if (condition->comparison > AT_LEAST)
        return name && text_holds(condition, name);
    bool is_it = condition->operand.types >> type & 1;
    return is_it == (condition->comparison == IS);
}

static bool id_holds(struct condition *condition, uint64_t number)
{
    char printed[TEXT_NUMBER_BYTES];
    if (condition->comparison <= AT_LEAST)
        return number_holds(condition, number);
    snprintf(printed, sizeof(printed), "%llu", (unsigned long long)number);
    return text_holds(condition, printed);
}

/* Does a condition hold on a value of the entry's metadata, or on one that another source tells of it? */
static bool value_holds(struct condition *condition, connstat_t *cs,
                        const struct connstat_entry *entry)
{
    struct entry_field storage;
    const struct connstat_field *field = field_to_show(cs, entry, condition->field, &storage);
    if (condition->comparison == ABSENT)
        return !field;
    return field ? field_holds(condition, field) : condition->comparison == IS_NOT;
}

bool condition_holds(struct condition *condition, connstat_t *cs,
                     const struct connstat_entry *entry)
{
    if (condition->comparison == ABSENT && condition->field.kind == FIELD_KEY)
        return !entry->key;
    switch (condition->field.kind) {
    case FIELD_METADATA:
    case FIELD_OF_SOURCE:
        return value_holds(condition, cs, entry);
    case FIELD_ID:
        return id_holds(condition, entry->id);
    case FIELD_TYPE:
        return type_holds(condition, cs, entry->type);
    case FIELD_PID:
        return id_holds(condition, (uint64_t)entry->pid);
    case FIELD_KEY:
        return key_holds(condition, entry->key);
    case FIELD_STARTED:
        return span_holds(condition, text_time_is_known(entry->started_at_ns)
                                         ? (long double)entry->started_at_ns
                                         : (long double)NAN);
    case FIELD_AGE:
        return span_holds(condition, text_age_seconds(entry->started_at_ns));
    case FIELD_IDLE:
        return span_holds(condition, text_age_seconds(entry->active_at_ns));
    }
    return false;
}
