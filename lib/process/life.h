/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The lock by which this process shows, in one segment, that it lives (os/life_lock.h): one
 * descriptor an attachment, and on it a byte for each record that the process holds there. Changed
 * under the process lock alone.
 */
#ifndef LIB_LIFE_H
#define LIB_LIFE_H

#include "file/file.h"
#include "records/record.h"

struct life {
    const struct mapping *mapping;
    char *path; /* under which the segment was found */
    /* The descriptor; -1: there is none. It is atomic because a thread that leaves reads it without the
     * process lock. Its order, seq_cst by default, guards nothing of the segment, and its cost does not
     * count beside the system call that follows. */
    _Atomic int lock;
};

/* Returns 0 or -ENOMEM. */
int life_init(struct life *life, const struct mapping *mapping, const char *path);

/* Called before joining: opens the descriptor, if it is not open. Returns 0 also if there can be none, because
 * this process may not open the file again, or because the file system has no such locks; then pidfds
 * and /proc alone tell whether this process lives. -EMFILE, -ENFILE, -ENOMEM: it may succeed later. */
int life_begin(struct life *life);

/* For record_join: takes the byte of the record while it is JOINING. */
struct record_hold life_hold(struct life *life);

/* Wakes those who watch the segment. Called after joining, and when there is something to do for reapers; it
 * works without a life lock, too. It touches the times of the file; a process that may not do so writes a
 * byte instead, which nobody reads. */
void life_announce(struct life *life);

/* Has the host closed the descriptor that we had? */
bool life_was_closed(const struct life *life);

/* Takes the byte of a record anew, if this process still holds the record as word. */
void life_renew(struct life *life, uint32_t record, uint64_t word);

/* Gives the byte of a record back. Called before the record becomes FREE, because its next holder takes the
 * byte. */
void life_give(struct life *life, uint32_t record);

/* Says whether the program that this process may become by execve shall have the descriptor, and so the
 * lock. */
void life_keep_on_exec(struct life *life, bool keep);

/* Closes the descriptor, either because the last reference to the attachment is gone, or because this is a
 * child; the parent keeps the lock then. Async-signal-safe. */
void life_end(struct life *life);

#endif
