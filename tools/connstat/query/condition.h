/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One condition on a field: whether it holds for an entry.
 */
#ifndef TOOLS_CONDITION_H
#define TOOLS_CONDITION_H

#include "query/operand.h"

struct condition {
    char *name; /* the name as typed, from malloc; .field points into it */
    struct field_ref field;
    enum comparison comparison;
    struct operand operand;
    bool was_found;       /* some entry that was looked at has the field */
    bool has_met_kind;    /* some entry has there a value of the kind that is asked for */
    uint64_t other_kinds; /* entries with a text there that looks like what is asked for */
    uint64_t numbers;     /* entries with a number there, and one with a truth value counts as
                             such, though what is asked for is none */
};

/* Read a condition. False: the scanner tells what is wrong. */
bool condition_read(struct scanner *scanner, struct condition *condition);
void condition_free(struct condition *condition);

/* Look up the type that the condition names. False: the segment has no such type. */
bool condition_bind(struct condition *condition, connstat_t *cs);

/* Remember whether the entry has the field. Also called for entries about which other conditions
 * have decided already. */
void condition_look(struct condition *condition, const struct connstat_entry *entry);

bool condition_holds(struct condition *condition, connstat_t *cs,
                     const struct connstat_entry *entry);

#endif
