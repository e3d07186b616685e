/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What --where, the "where" of the HTTP interface and the page's field understand:
 *
 *     either      = all { "|" all } | all          any one of them
 *     all         = one { blank one }              every one of them
 *     one         = "(" either ")" | "!" name | name operator value
 *
 * Blanks and "|" side by side, without parentheses between them, are refused: which binds first
 * differs from one query language to the next.
 */
#ifndef TOOLS_EXPRESSION_H
#define TOOLS_EXPRESSION_H

#include "common/buffer.h"
#include "query/condition.h"

#define EXPRESSION_MAX_CONDITIONS 64

enum expression_kind { EXPRESSION_ONE, EXPRESSION_ALL, EXPRESSION_ANY };

struct expression {
    enum expression_kind kind;
    struct condition condition;         /* of EXPRESSION_ONE */
    struct expression *children, *next; /* of the others; the next one of the same parent */
};

/* Reads the whole text, with at most *budget conditions, which it takes off. NULL: the scanner
 * says what is wrong with it. */
struct expression *expression_read(struct scanner *scanner, const char *text, size_t *budget);
void expression_free(struct expression *expression);

/* Once, before it is asked. NULL, or the condition on a type that the segment has not. */
const struct condition *expression_bind(struct expression *expression, connstat_t *cs);

void expression_look(struct expression *expression, const struct connstat_entry *entry);
bool expression_holds(struct expression *expression, connstat_t *cs,
                      const struct connstat_entry *entry);

/* Calls tell with what may surprise in an answer that looked at entries, a sentence each: a field
 * that none of them has, a text that looks like the number asked for. */
void expression_remarks(const struct expression *expression,
                        void (*tell)(const char *remark, void *arg), void *arg);

#endif
