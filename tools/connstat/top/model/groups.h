/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * By what the entries of a scope can be grouped, and the groups of one field.
 */
#ifndef TOP_GROUPS_H
#define TOP_GROUPS_H

#include "query/grouping.h"
#include "top/model/scope.h"

#define TOP_MAX_FIELDS 64
#define TOP_MAX_GROUPS 1000000

struct top_field {
    enum field_kind kind;
    char *name;     /* from malloc, as is .example */
    char *example;  /* the value of the first entry that has the field, for people */
    uint64_t count; /* how many entries have it */
    uint64_t last;  /* the entry that was counted last */
};

struct top_fields { /* starts as {0} */
    struct top_field rows[TOP_MAX_FIELDS];
    int count;
    uint64_t total; /* entries of the scope */
    bool cut;       /* there are more fields */
};

void top_fields_take(struct top_fields *fields, connstat_t *cs, const struct top_scope *scope);
void top_fields_free(struct top_fields *fields);

struct top_groups { /* starts as {0} */
    struct grouping grouping;
    struct group **ranked;
    int count;
    int error; /* -E2BIG: the groups are of the first entries alone; or another negative errno */
};

/* The field's name must live until the next taking. */
void top_groups_take(struct top_groups *groups, connstat_t *cs, const struct top_scope *scope,
                     struct field_ref field);
void top_groups_free(struct top_groups *groups);

#endif
