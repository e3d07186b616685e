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

struct grouping { /* starts as {.max_groups = N} */
    size_t max_groups;
    void *tree; /* of struct group, by value */
    size_t group_count;
    uint64_t entry_count;
};

/* Count an entry whose field this is (NULL: it has none). Returns 0, -ENOMEM, or -E2BIG where it
 * would be one value too many. */
int grouping_add(struct grouping *grouping, const struct connstat_field *field);

/* The groups, the largest first; the array is from malloc, what it points to the grouping's.
 * NULL: no memory. */
struct group **grouping_rank(const struct grouping *grouping);

void grouping_free(struct grouping *grouping);

#endif
