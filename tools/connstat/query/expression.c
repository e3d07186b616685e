/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/expression.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/text.h"
#include "format/metadata.h"

enum { MAX_DEPTH = 16 };

static struct expression *read_either(struct scanner *scanner, size_t *budget);

static struct expression *make(struct scanner *scanner, enum expression_kind kind)
{
    struct expression *expression = calloc(1, sizeof(*expression));
    if (!expression) {
        scanner->out_of_memory = true;
        scanner_refuse(scanner, "out of memory");
        return NULL;
    }
    expression->kind = kind;
    return expression;
}

static struct expression *read_condition(struct scanner *scanner, size_t *budget)
{
    if (*budget == 0) {
        scanner_refuse(scanner, "at most %d conditions", EXPRESSION_MAX_CONDITIONS);
        return NULL;
    }
    struct expression *one = make(scanner, EXPRESSION_ONE);
    if (one && !condition_read(scanner, &one->condition)) {
        free(one);
        return NULL;
    }
    --*budget;
    return one;
}

static struct expression *read_parentheses(struct scanner *scanner, size_t *budget)
{
    if (scanner->depth == MAX_DEPTH) {
        scanner_refuse(scanner, "more than %d parentheses within each other", MAX_DEPTH);
        return NULL;
    }
    scanner->at++;
    scanner->depth++;
    struct expression *inner = read_either(scanner, budget);
    scanner->depth--;
    if (inner && *scanner->at != ')') {
        scanner_refuse(scanner, "a closing parenthesis is missing");
        expression_free(inner);
        return NULL;
    }
    scanner->at += inner != NULL;
    return inner;
}

static struct expression *read_one(struct scanner *scanner, size_t *budget)
{
    scanner_skip_blanks(scanner);
    if (*scanner->at == '\0' || *scanner->at == '|' || *scanner->at == ')') {
        scanner_refuse(scanner, "a condition is missing%s%.100s: write field=value",
                       *scanner->at ? " before " : "", scanner->at);
        return NULL;
    }
    struct expression *one =
        *scanner->at == '(' ? read_parentheses(scanner, budget) : read_condition(scanner, budget);
    scanner_skip_blanks(scanner);
    return one;
}

static bool ends_here(const struct scanner *scanner)
{
    return *scanner->at == '\0' || (*scanner->at == ')' && scanner->depth > 0);
}

/* Read one condition, or several: all joined by blanks, or all by "|". */
static struct expression *read_either(struct scanner *scanner, size_t *budget)
{
    struct expression *first = read_one(scanner, budget);
    if (!first || ends_here(scanner))
        return first;
    bool is_any = *scanner->at == '|';
    struct expression *parent = make(scanner, is_any ? EXPRESSION_ANY : EXPRESSION_ALL);
    if (!parent) {
        expression_free(first);
        return NULL;
    }
    parent->children = first;
    for (struct expression *last = first; !ends_here(scanner); last = last->next) {
        if ((*scanner->at == '|') != is_any)
            scanner_refuse(scanner, "a blank means and, | means or: parentheses say which of them "
                                    "comes first, as in (a=1|b=2) c=3");
        scanner->at += is_any;
        if (*scanner->problem || !(last->next = read_one(scanner, budget))) {
            expression_free(parent);
            return NULL;
        }
    }
    return parent;
}

struct expression *expression_read(struct scanner *scanner, const char *text,
                                   const struct field_source *source, size_t *budget)
{
    scanner_start(scanner, text);
    scanner->source = source;
    struct expression *expression = read_either(scanner, budget);
    if (expression && *scanner->at) {
        scanner_refuse(scanner, "\"%.100s\" is too much at the end", scanner->at);
        expression_free(expression);
        return NULL;
    }
    return expression;
}

void expression_free(struct expression *expression)
{
    while (expression) {
        struct expression *next = expression->next;
        expression_free(expression->children);
        condition_free(&expression->condition);
        free(expression);
        expression = next;
    }
}

const struct condition *expression_bind(struct expression *expression, connstat_t *cs)
{
    if (expression->kind == EXPRESSION_ONE)
        return condition_bind(&expression->condition, cs) ? NULL : &expression->condition;
    const struct condition *refused = NULL;
    for (struct expression *child = expression->children; child && !refused; child = child->next)
        refused = expression_bind(child, cs);
    return refused;
}

void expression_look(struct expression *expression, const struct connstat_entry *entry)
{
    if (expression->kind == EXPRESSION_ONE)
        condition_look(&expression->condition, entry);
    for (struct expression *child = expression->children; child; child = child->next)
        expression_look(child, entry);
}

bool expression_holds(struct expression *expression, connstat_t *cs,
                      const struct connstat_entry *entry)
{
    if (expression->kind == EXPRESSION_ONE)
        return condition_holds(&expression->condition, cs, entry);
    bool is_any = expression->kind == EXPRESSION_ANY;
    for (struct expression *child = expression->children; child; child = child->next) {
        if (expression_holds(child, cs, entry) == is_any)
            return is_any;
    }
    return !is_any;
}

static void remark_on_absence(const struct condition *condition, struct buffer *remark)
{
    buffer_text(remark, "no entry has a field \"");
    buffer_safe(remark, condition->field.name);
    buffer_text(remark, "\"");
    if (condition->field.kind == FIELD_OF_SOURCE)
        buffer_format(remark, ": %s", condition->field.source->why_absent);
}

static void remark_on_kind(const struct condition *condition, struct buffer *remark)
{
    char count[TEXT_NUMBER_BYTES];
    bool are_texts = condition->other_kinds > 0;
    uint64_t entries = are_texts ? condition->other_kinds : condition->numbers;
    const char *value = condition->operand.text;
    text_count(entries, count, sizeof(count));
    buffer_safe(remark, condition->name);
    buffer_format(remark, " is %s in %s entr%s, and ",
                  are_texts ? "a text" : "a number or truth value", count,
                  entries == 1 ? "y" : "ies");
    if (are_texts) {
        buffer_format(remark, "no text is compared with the value %s: it is with \"%s\", in quotes",
                      value, value);
    } else {
        buffer_text(remark, "\"");
        buffer_safe(remark, value);
        buffer_text(remark, "\" is of another kind: write a bare number without a unit, or true or "
                            "false");
    }
}

static void remark_on(const struct condition *condition,
                      void (*tell)(const char *remark, void *arg), void *arg)
{
    struct buffer remark = {0};
    if (!condition->was_found)
        remark_on_absence(condition, &remark);
    else if (condition->other_kinds + condition->numbers > 0 && !condition->has_met_kind)
        remark_on_kind(condition, &remark);
    if (remark.bytes)
        tell(remark.bytes, arg);
    buffer_free(&remark);
}

void expression_remarks(const struct expression *expression,
                        void (*tell)(const char *remark, void *arg), void *arg)
{
    if (expression->kind == EXPRESSION_ONE)
        remark_on(&expression->condition, tell, arg);
    for (const struct expression *child = expression->children; child; child = child->next)
        expression_remarks(child, tell, arg);
}
