/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Which entries somebody asks for.
 */
#ifndef TOOLS_SELECT_H
#define TOOLS_SELECT_H

#include <connstat.h>

#define SELECT_MAX_CONDITIONS 16

enum comparison { IS, IS_NOT, BELOW, AT_MOST, ABOVE, AT_LEAST };

struct condition { /* on a field of the metadata */
    char *name;    /* from malloc */
    enum comparison comparison;
    const char *value;
};

struct selection {
    int type; /* or CONNSTAT_ANY_TYPE */
    bool has_key;
    struct connstat_key key;
    pid_t worker; /* 0: any */
    double older_seconds;
    size_t condition_count;
    struct condition conditions[SELECT_MAX_CONDITIONS];
};

/* "user_id=42" with = != < <= > or >=; a name ends at the first of these characters. Returns 0,
 * -EINVAL for none of these, -E2BIG for one too many or -ENOMEM. text must stay. */
int select_add_condition(struct selection *selection, const char *text);
void select_free(struct selection *selection);

/* Values compare as numbers where the field is one and the condition reads as one; a field that
 * is not there is only ever unequal. */
bool select_matches(const struct selection *selection, const struct connstat_entry *entry);

/* connstat_for_each over the selected ones. */
int64_t select_for_each(connstat_t *cs, const struct selection *selection, connstat_visit_fn visit,
                        void *arg);

#endif
