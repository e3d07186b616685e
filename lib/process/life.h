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
    /* -1: none. Atomic because who leaves looks at it without the lock; the default order guards
     * nothing of the segment, and costs nothing where a system call follows. */
    _Atomic int lock;
};

/* Returns 0 or -ENOMEM. */
int life_init(struct life *life, const struct mapping *mapping, const char *path);

/* Before joining: have the descriptor. Returns 0, also where there can be none, because this process
 * may not open the file again or the file system has no such locks: then pidfds and /proc judge.
 * -EMFILE, -ENFILE, -ENOMEM: there might be one, but not now. */
int life_begin(struct life *life);

/* For record_join: takes the byte of the record while it is JOINING. */
struct record_hold life_hold(struct life *life);

/* After joining, and when there is something to do for reapers: wake those who watch. Without the
 * lock, too. Somebody who may not touch the file's times writes a byte that
 * nobody reads. */
void life_announce(struct life *life);

/* There was a descriptor, and it is no longer ours: the host closed it. */
bool life_was_closed(const struct life *life);

/* Take the byte anew for a record that this process holds as word. */
void life_renew(struct life *life, uint32_t record, uint64_t word);

/* Before a record of this process becomes FREE: its next holder takes the byte. */
void life_give(struct life *life, uint32_t record);

/* Hand the descriptor over to the program that this process becomes, or do not. */
void life_keep_on_exec(struct life *life, bool keep);

/* Close the descriptor: the last reference is gone, or this is a child, whose parent keeps the lock.
 * Async-signal-safe. */
void life_end(struct life *life);

#endif
