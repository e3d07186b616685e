/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tells which process somebody is, beyond its pid, which may be used again, and whether it still lives.
 * Whether it is dead is what the kernel says, never a time-out:
 *   - Its pidfd is readable: every thread has ended, so it is dead. A zombie is dead; a process whose
 *     first thread has ended before the others is not.
 *   - The pidfs inode of its pid's present owner (Linux 6.9) is another one, or where one of the two is
 *     not known, the start time by the clock of the machine: the pid belongs to another, so it is dead.
 *   - EPERM, another pid namespace, one that cannot be read, no /proc or one of another namespace:
 *     nothing is known, so it counts as alive.
 */
#ifndef LIB_IDENTITY_H
#define LIB_IDENTITY_H

#include "records/record.h"

/* Finds the identity of this process, or of the calling thread if `thread`. What this machine or this jail does
 * not tell is 0. Returns 0; or -EMFILE, -ENFILE or -ENOMEM, which may pass. */
int identity_of_self(struct identity *identity, bool thread);

/* Is this the identity of the calling process, be it of an earlier program that it ran? */
bool identity_is_self(const struct identity *identity);

/* Does the inode of a pidfd tell which process it is on (Linux 6.9)? */
bool identity_pidfd_is_unique(int pidfd);

/* Writes the inode of our pid namespace; 0: it cannot be told. Returns what identity_of_self returns. */
int identity_own_namespace(uint64_t *inode);

/* Opens a pidfd on the process that has this identity. Returns a descriptor; -ESRCH: the process is dead;
 * -ENOTSUP: there are no pidfds here, so use identity_is_dead; -EMFILE and the like. joining: the
 * process may have written no more than its pid and its tag yet. */
int identity_open(const struct identity *identity, bool joining);

enum verdict { IDENTITY_ALIVE, IDENTITY_DEAD, IDENTITY_UNKNOWN };

/* Finds out whether the process lives, and keeps no descriptor. */
enum verdict identity_judge(const struct identity *identity, bool joining);

/* Is it known to be dead? */
static inline bool identity_is_dead(const struct identity *identity, bool joining)
{
    return identity_judge(identity, joining) == IDENTITY_DEAD;
}

/* Judges by a pidfd from identity_open. */
bool identity_pidfd_is_dead(int pidfd, const struct identity *identity);

/* Is it in our pid namespace, so that its pid means the same process to us as to itself? */
bool identity_is_near(const struct identity *identity);

/* The fingerprint of the program that the process runs now; 0: /proc does not tell. */
uint64_t identity_program_now(const struct identity *identity);

#endif
