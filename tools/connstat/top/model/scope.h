/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which entries somebody looks into: those of a type, of a worker, with a key, with certain values
 * of fields. A scope grows narrower as one goes deeper.
 */
#ifndef TOP_SCOPE_H
#define TOP_SCOPE_H

#include <connstat.h>

#include "query/field.h"

#define TOP_MAX_CONDITIONS 8

struct top_condition { /* an entry's field has that value */
    enum field_kind kind;
    char *name;                  /* from malloc, as is .text */
    bool has_value;              /* false: the entry has no such field */
    struct connstat_field value; /* .value.text is .text */
    char *text;
};

struct top_scope {
    int type;  /* or CONNSTAT_ANY_TYPE */
    pid_t pid; /* of this worker; 0: of any */
    bool has_key;
    struct connstat_key key;
    struct top_condition conditions[TOP_MAX_CONDITIONS]; /* all hold */
    int condition_count;
};

/* Make to a scope like from, with memory of its own. Returns 0 or -ENOMEM. */
int top_scope_copy(struct top_scope *to, const struct top_scope *from);
void top_scope_free(struct top_scope *scope);

/* Narrow the scope to entries with this value of a field, as field_to_show shows it; NULL: to those
 * that have none. Returns 0; -ENOMEM; or -ENOSPC, there are TOP_MAX_CONDITIONS. */
int top_scope_narrow(struct top_scope *scope, connstat_t *cs, struct field_ref ref,
                     const struct connstat_field *value);

/* Whether all entries of the scope have the same value of that field, so to group them by it would
 * tell nothing. */
bool top_scope_fixes(const struct top_scope *scope, struct field_ref ref);

/* Visit the entries of the scope; needs_metadata: with their metadata decoded. Returns how many were
 * looked at, or a negative errno. */
int64_t top_scope_for_each(const struct top_scope *scope, connstat_t *cs, bool needs_metadata,
                           connstat_visit_fn visit, void *arg);

#endif
