/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Handles: what users of the library hold. A handle leads to an attachment, until it is closed.
 *
 * Inside a guard section a handle's attachment may be used freely (handle_enter). A call that runs
 * foreign code, as a visit, takes a reference instead and is outside the section (handle_take), so
 * that a slow visitor delays no grace period.
 */
#ifndef LIB_HANDLE_H
#define LIB_HANDLE_H

#include "process/attachment.h"

struct connstat {
    _Atomic(struct attachment *) attachment; /* NULL: closed */
    bool read_only;
    struct connstat *older; /* of all handles there ever were in this process */
    char name[SEGMENT_NAME_BYTES];
    char directory[]; /* no more than it needs: a handle's memory is never given back */
};

/* Enter a guard section with the handle's attachment; NULL: closed, and nothing was entered. */
static inline struct attachment *handle_enter(connstat_t *cs)
{
    struct attachment *attachment;

    guard_enter();
    /* acquire: with the release that published it: it is whole */
    attachment = atomic_load_explicit(&cs->attachment, memory_order_acquire);
    if (unlikely(attachment == NULL))
        guard_leave();
    return attachment;
}

/* The handle's attachment with a reference, for calls that are long; NULL: closed, or no handle. A
 * read-only handle whose segment was replaced has followed its name first. */
struct attachment *handle_take(connstat_t *cs);

/* Enter as handle_enter does, for reading: a read-only handle follows its name first. */
struct attachment *handle_enter_reader(connstat_t *cs);

/* Before the first handle of this process is made. Returns 0 or -ENOMEM. */
int handles_init(void);

/* Make a handle on a mapping, which is taken over, or unmapped on failure. */
int handle_new(connstat_t **cs, const struct path *path, struct mapping *mapping);

/* Whoever closes first ends it; further calls find it closed. */
void handle_close(connstat_t *cs);

/* If the name leads to another segment now, attach to that one. */
void handle_follow(connstat_t *cs, struct attachment *seen);

#endif
