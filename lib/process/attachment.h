/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Handles and attachments. An attachment is one mapping in this process; the read-write handles of
 * a process on one segment share it, because a worker is a process in a segment, not a handle. A
 * read-only handle has its own.
 *
 * Inside a guard section a handle's attachment may be used freely (handle_enter). A call that runs
 * foreign code, as a visit, takes a reference instead and is outside the section (handle_take), so
 * that a slow visitor delays no grace period. The last reference unmaps.
 */
#ifndef LIB_ATTACH_H
#define LIB_ATTACH_H

#include "os/file.h"
#include "process/guard.h"
#include "process/process.h"
#include "slots/table.h"

#include <connstat.h>

struct seat;
struct watch;
struct reaper;

struct attachment {
    struct mapping mapping;
    const struct segment *segment; /* &mapping.segment */
    uint64_t id_salt;
    _Atomic uint64_t *membership; /* in the wiped page: 0 in a process that has not joined */
    bool read_only;
    _Atomic uint32_t references;

    /* Written under the process lock before *membership, valid where that is not 0. */
    uint32_t record;
    uint64_t record_word;
    bool own_shard_given;    /* to the seat of some thread */
    struct seat *idle_seats; /* of threads that ended, with their shards */

    /* Under the process lock; of this process. */
    uint32_t handles; /* 0: closed. Calls in flight hold references, and begin nothing new */
    uint32_t reaper_record;
    uint64_t reaper_word; /* 0: none */
    bool polled;          /* connstat_reaper_fd was given out */
    struct watch *watch;
    struct reaper *reaper;
    struct hidden hidden; /* read-only: what connstat_reap found dead */
    struct attachment *next;
};

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
void attachment_drop(struct attachment *attachment);

static inline const struct hidden *attachment_hidden(const struct attachment *attachment)
{
    return attachment->hidden.words != NULL ? &attachment->hidden : NULL;
}

/* Make a handle on a mapping, which is taken over, or unmapped on failure. */
int handle_new(connstat_t **cs, const struct path *path, struct mapping *mapping);

/* Enter as handle_enter does, for reading: a read-only handle follows its name first. */
struct attachment *handle_enter_reader(connstat_t *cs);

/* If the name leads to another segment now, attach to that one. */
void handle_follow(connstat_t *cs, struct attachment *seen);

/* With the process lock held, in a child: nothing that the parent's process had is ours. */
void attachments_after_fork(void);

/* All attachments of this process, with the lock held. */
struct attachment *attachments_first(void);

#endif
