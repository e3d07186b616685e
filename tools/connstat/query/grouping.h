/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How many entries there are for each value of a field. Needs memory for every different value,
 * up to a limit.
 */
#ifndef TOOLS_GROUPING_H
#define TOOLS_GROUPING_H

#include <connstat.h>

#include "format/value.h"
#include "query/field.h"

struct group {
    bool has_field; /* false: the group of entries without the field */
    struct connstat_field field;
    uint64_t count;
    uint64_t hash;
    char text[];
};

struct grouping { /* starts as {.cs, .field, .max_groups} */
    connstat_t *cs;
    struct field_ref field;
    size_t max_groups;
    int error;            /* 0, -ENOMEM, or -E2BIG: there are more than max_groups values */
    struct group **table; /* a hash table with open addressing; .table_size is a power of 2 */
    size_t table_size;
    size_t group_count;
    uint64_t entry_count;
};

/* For connstat_for_each, with the grouping as its arg: count this entry. Ends the visit where
 * .error is set. */
int grouping_count(const struct connstat_entry *entry, void *grouping);

/* Whether entries were counted and none of them has the field. */
bool grouping_found_nothing(const struct grouping *grouping);

/* A group's value for a sheet, and how it is written. */
enum value_kind grouping_value_kind(const struct grouping *grouping);
struct value group_value(const struct grouping *grouping, const struct group *group);

/* Returns the groups, the largest first. The array is from malloc; the groups stay the grouping's.
 * NULL: there is no memory. */
struct group **grouping_rank(const struct grouping *grouping);

void grouping_free(struct grouping *grouping);

#endif
