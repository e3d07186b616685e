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
    double older_seconds, idle_seconds;
    const struct field_source *source; /* NULL, or where more fields come from; for select_add */
    bool is_any; /* an entry is selected if one of the expressions holds, instead of all */
    size_t where_count, condition_count;
    struct expression *wheres[SELECT_MAX_WHERES];
    uint64_t looked_at; /* how many entries of these types and this key were looked at */
    bool was_stopped;   /* the visit ended early, so there may be more entries */
};

/* Add an expression. Returns 0; -EINVAL, with what is wrong in problem; or -ENOMEM. */
int select_add(struct selection *selection, const char *text, char *problem, size_t size);
void select_free(struct selection *selection);

/* Look up what names stand for in this segment; call it once, before select_for_each. Returns NULL,
 * or a condition on a type that the segment does not have. */
const struct condition *select_bind(struct selection *selection, connstat_t *cs);

/* Whether the entry is selected. A field that an entry does not have is unlike each value, and
 * nothing else. */
bool select_matches(struct selection *selection, connstat_t *cs,
                    const struct connstat_entry *entry);

/* Visit the selected entries, as connstat_for_each does. */
int64_t select_for_each(connstat_t *cs, struct selection *selection, connstat_visit_fn visit,
                        void *arg);

/* After all entries were visited, call tell with a sentence for each thing that may surprise in the
 * answer. */
void select_remarks(const struct selection *selection, void (*tell)(const char *remark, void *arg),
                    void *arg);

#endif
