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
    struct condition condition;         /* the condition of an EXPRESSION_ONE */
    struct expression *children, *next; /* of the other kinds; .next has the same parent */
};

/* Read the whole text; source is NULL, or where more fields come from. It may hold at most *budget conditions, and *budget falls by their number.
 * NULL: the scanner tells what is wrong. */
struct expression *expression_read(struct scanner *scanner, const char *text,
                                   const struct field_source *source, size_t *budget);
void expression_free(struct expression *expression);

/* Look up what the names stand for in a segment; call it once, before entries are asked about.
 * Returns NULL, or a condition on a type that the segment does not have. */
const struct condition *expression_bind(struct expression *expression, connstat_t *cs);

void expression_look(struct expression *expression, const struct connstat_entry *entry);
bool expression_holds(struct expression *expression, connstat_t *cs,
                      const struct connstat_entry *entry);

/* After entries were looked at, call tell with a sentence for each thing that may surprise: a field
 * that no entry has, a text that looks like the number asked for. */
void expression_remarks(const struct expression *expression,
                        void (*tell)(const char *remark, void *arg), void *arg);

#endif
