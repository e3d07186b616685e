/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An entry that outlives its visit.
 */
#ifndef TOOLS_KEPT_H
#define TOOLS_KEPT_H

#include <connstat.h>

struct kept {
    connstat_id id;
    int type;
    pid_t pid;
    int64_t started_at_ns;
    bool has_key, has_field;
    struct connstat_key key;
    size_t encoded_size;
    struct connstat_field field; /* to sort by; its text stands behind the encoded metadata */
    char encoded[];
};

/* What decides about the place of an entry, without its metadata; the text is the visit's. field:
 * what to sort by, or NULL. */
struct kept kept_describe(const struct connstat_entry *entry, const struct connstat_field *field);

/* A copy that stays, from malloc. NULL: no memory. */
struct kept *kept_copy(const struct kept *described, const struct connstat_entry *entry);

/* The entry again; its metadata is valid until the next call. */
struct connstat_entry kept_entry(const struct kept *kept);

#endif
