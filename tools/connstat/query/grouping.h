/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How many entries there are for each value of a field. Needs memory for every different value,
 * up to a limit.
 */
#ifndef TOOLS_GROUPING_H
#define TOOLS_GROUPING_H

#include <connstat.h>

struct group {
    bool has_field; /* false: those without it */
    struct connstat_field field;
    uint64_t count;
    char text[];
};

struct grouping { /* starts as {.cs, .field_name, .max_groups} */
    connstat_t *cs;
    const char *field_name;
    size_t max_groups;
    int error;  /* 0, -ENOMEM, or -E2BIG: there are more than max_groups values */
    void *tree; /* of struct group, by value */
    size_t group_count;
    uint64_t entry_count;
};

/* For connstat_for_each, with the grouping as its arg: count this entry. Ends the visit where
 * .error is set. */
int grouping_count(const struct connstat_entry *entry, void *grouping);

/* The groups, the largest first; the array is from malloc, what it points to the grouping's.
 * NULL: no memory. */
struct group **grouping_rank(const struct grouping *grouping);

void grouping_free(struct grouping *grouping);

#endif
