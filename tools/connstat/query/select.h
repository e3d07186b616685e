/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which entries somebody asks for.
 */
#ifndef TOOLS_SELECT_H
#define TOOLS_SELECT_H

#include <connstat.h>

#include "query/expression.h"

#define SELECT_MAX_WHERES 16

struct selection {  /* starts as {0}: all entries */
    uint64_t types; /* a bit each; 0: all */
    bool has_key;
    struct connstat_key key;
    pid_t worker; /* 0: any */
    double older_seconds;
    bool is_any; /* one of the expressions is enough */
    size_t where_count, condition_count;
    struct expression *wheres[SELECT_MAX_WHERES];
    uint64_t looked_at; /* entries of these types, and of this key */
    bool was_stopped;   /* by the visit: there may be more entries */
};

/* One more expression. Returns 0; -EINVAL, and what is wrong with it in problem; or -ENOMEM. */
int select_add(struct selection *selection, const char *text, char *problem, size_t size);
void select_free(struct selection *selection);

/* Once, before entries are asked for. NULL, or the condition on a type that is not there. */
const struct condition *select_bind(struct selection *selection, connstat_t *cs);

/* A field that is not there is only ever unequal. */
bool select_matches(struct selection *selection, connstat_t *cs,
                    const struct connstat_entry *entry);

/* connstat_for_each over the selected ones. */
int64_t select_for_each(connstat_t *cs, struct selection *selection, connstat_visit_fn visit,
                        void *arg);

/* What may surprise in the answer, a sentence each; after all entries were visited. */
void select_remarks(const struct selection *selection, void (*tell)(const char *remark, void *arg),
                    void *arg);

#endif
