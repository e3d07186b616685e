/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A copy of an entry that can be kept after its visit.
 */
#ifndef TOOLS_KEPT_H
#define TOOLS_KEPT_H

#include <connstat.h>

struct kept {
    connstat_id id;
    int type;
    pid_t pid;
    int64_t started_at_ns, active_at_ns;
    bool has_key, has_field;
    struct connstat_key key;
    size_t encoded_size;
    struct connstat_field field; /* to sort by; its text stands behind the encoded metadata */
    char encoded[];
};

/* Describe an entry without its metadata: what decides about its place. field is the field to sort
 * by, or NULL. Texts point into the visit. */
struct kept kept_describe(const struct connstat_entry *entry, const struct connstat_field *field);

/* Returns a copy that stays, from malloc. NULL: there is no memory. */
struct kept *kept_copy(const struct kept *described, const struct connstat_entry *entry);

/* Returns the entry again. Its metadata is valid until the next call. */
struct connstat_entry kept_entry(const struct kept *kept);

#endif
