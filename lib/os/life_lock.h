/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A lock by which the kernel tells that a worker lives: an OFD write lock on one byte of the segment's
 * file, far beyond its end. Each record has a byte. The kernel drops the lock when the process dies,
 * however it dies, and when it becomes another program. It tells anybody who may read the file whether
 * the lock is held. So it works where pidfds and /proc do not: from another pid or time namespace,
 * without /proc, and where other calls are forbidden.
 *
 * What a lock proves
 *   - Held: somebody has the description open on which it was taken. That is the worker, or a
 *     child of a raw clone that has neither exec'd nor ended. So "alive" may be said too long.
 *   - Not held: the worker is dead, became another program, or closed a descriptor that is not its
 *     own (closefrom(3)). So whoever has nothing but the lock looks twice, a second apart; a worker
 *     takes it anew at its next slow call.
 */
#ifndef LIB_LIFE_LOCK_H
#define LIB_LIFE_LOCK_H

#include <stdint.h>

#define LIFE_LOCK_START (INT64_C(1) << 40) /* + the record's number */

/* Opens the segment's file once more, for a description of our own: a lock belongs to a description, and
 * every child that was forked shares that of the mapping. The file is found by `segment`, the mapping's
 * descriptor, or if the host has closed that, by path. Returns a descriptor above 2, or a negative
 * errno; -EACCES where we can write to the segment only because it was opened before we gave up rights. */
int life_lock_open(int segment, const char *path, uint64_t device, uint64_t inode);

/* Takes the byte of a record. Returns 0; -EAGAIN: somebody holds it; another negative errno: this file
 * system has no such locks. */
int life_lock_take(int lock, uint32_t record);

/* Gives one byte back. When the last descriptor of the description is closed, all are given back. */
void life_lock_give(int lock, uint32_t record);

/* Does anybody hold the byte of a record? segment: any descriptor of the file, a read-only one too.
 * Returns 1 or 0; a negative errno: it cannot be told. */
int life_lock_is_held(int segment, uint32_t record);

#endif
