/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * An attachment is one mapping in this process. The read-write handles (worker/handle.h) of a
 * process on one segment share it, because a worker is a process in a segment, not a handle. A
 * read-only handle has its own. References keep it: one for all handles together, and one for each
 * call that is not inside a guard section. The last reference unmaps.
 */
#ifndef LIB_ATTACHMENT_H
#define LIB_ATTACHMENT_H

#include "file/file.h"
#include "process/guard.h"
#include "process/life.h"
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
    _Atomic uint64_t *membership; /* a word of the wiped page; 0: this process has not joined */
    bool read_only;
    _Atomic uint32_t references;

    /* Written under the process lock before *membership is stored, and valid as long as that is not 0. */
    uint32_t record;
    uint64_t record_word;

    /* Only changed under the process lock. */
    uint64_t resigned;       /* the membership that ended by somebody's mistake (worker_resign) */
    bool own_shard_given;    /* some thread's seat has the record's own shard */
    struct seat *idle_seats; /* seats of threads that ended; they keep their shards */
    uint32_t handles; /* 0: all closed; calls in flight hold references, and begin nothing new */
    uint32_t reaper_record;
    uint64_t reaper_word; /* 0: none */
    bool polled;          /* the host has asked for connstat_reaper_fd */
    struct life life;     /* shows that this process lives */
    struct watch *watch;
    struct reaper *reaper;
    struct hidden hidden;       /* read-only: what connstat_reap found dead */
    _Atomic uint32_t huge_from; /* line of the growth log whose pages a reaper makes huge next */
    _Atomic uint32_t woken[MAX_TYPES]; /* slots of the type when it last woke reapers to grow it */
    _Atomic int64_t grows_again_ns[MAX_TYPES]; /* CLOCK_MONOTONIC: no memory, do not ask before */
    struct attachment *next;
};

/* Makes an attachment of a mapping that was found under path; if this process has an attachment of that
 * segment already, finds it. In both cases it counts one handle more. The mapping is taken over, or
 * unmapped if it is not needed or this fails. Returns 0; -ENOMEM; -EMFILE: too many attachments. */
int attachment_get(struct attachment **got, struct mapping *mapping, const char *path);

/* Counts one handle less. True: it was the last, and the attachment is out of the list. Then the caller
 * has to leave the segment, and to drop the reference that all handles shared. */
bool attachment_put(struct attachment *attachment);

/* Gives one reference back. With the last one the segment is unmapped. */
void attachment_drop(struct attachment *attachment);

static inline const struct hidden *attachment_hidden(const struct attachment *attachment)
{
    return attachment->hidden.words != NULL ? &attachment->hidden : NULL;
}

/* Gives up one of this process's records in order: hides its entries, then sweeps them. */
void attachment_leave_record(struct attachment *attachment, uint32_t record, uint64_t word);

/* Does what id_parse does. If this process does not know the slot yet, it follows the growth log first.
 * False also where it cannot map the slot: then no entry there is this process's own. */
bool attachment_parse_id(struct attachment *attachment, uint64_t id, struct id_parts *parts);

/* The second half of attachment_leave_record, for a record whose word is `leaving`:
 *   1. It sweeps what the record has.
 *   2. It gives the record's life lock back. Not earlier: without the lock, somebody in another
 *      namespace takes us for dead, and would sweep beside us.
 *   3. It releases the record. If we are stopped before that, there is nothing left to sweep, and
 *      others release the record. */
void attachment_sweep_own(struct attachment *attachment, uint32_t record, uint64_t leaving);

/* Forgets all seats, since their membership is over. Called with the process lock held. */
void attachment_forget_seats(struct attachment *attachment);

/* Frees a list of seats that nobody will use again. */
void seats_free(struct seat *list);

/* The list of all attachments of this process. Called with the process lock held. */
struct attachment *attachments_first(void);

#endif
