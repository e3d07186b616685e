/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Who a process is, beyond its reusable number, and whether it still is. Death is what the kernel
 * says, never a time-out:
 *   - a pidfd that is readable: every thread is gone (a zombie too; a leader that exited before
 *     its threads is not);
 *   - a pidfs inode (Linux 6.9) that differs, or where one side has none a start time, by the clock
 *     of the machine: the number belongs to another;
 *   - EPERM, another pid namespace or one that cannot be read, a /proc out of sight or of others:
 *     nothing is known, so it lives.
 */
#ifndef LIB_IDENTITY_H
#define LIB_IDENTITY_H

#include "records/record.h"

/* Of this process (thread false) or of the calling thread. What this machine or this jail does not
 * tell is 0. Returns 0, or what is only so for the moment: -EMFILE, -ENFILE, -ENOMEM. */
int identity_of_self(struct identity *identity, bool thread);

/* Is it this very process, whatever program it was then? */
bool identity_is_self(const struct identity *identity);

/* Does the inode of a pidfd tell which process it is on (Linux 6.9)? */
bool identity_pidfd_is_unique(int pidfd);

/* The inode of our pid namespace; 0 unknown. Returns as identity_of_self. */
int identity_own_namespace(uint64_t *inode);

/* An open pidfd on the very process, or -ESRCH: it is dead; -ENOTSUP: no pidfd to be had, use
 * identity_is_dead; -EMFILE and the like. joining: it may not have written more than its pid and
 * tag. */
int identity_open(const struct identity *identity, bool joining);

enum verdict { IDENTITY_ALIVE, IDENTITY_DEAD, IDENTITY_UNKNOWN };

/* Judge without keeping anything. */
enum verdict identity_judge(const struct identity *identity, bool joining);

/* Is it known to be dead? */
static inline bool identity_is_dead(const struct identity *identity, bool joining)
{
    return identity_judge(identity, joining) == IDENTITY_DEAD;
}

/* Judge by a pidfd from identity_open. */
bool identity_pidfd_is_dead(int pidfd, const struct identity *identity);

/* Does its number mean to us what it means to itself? */
bool identity_is_near(const struct identity *identity);

/* The fingerprint of the program that the process runs now; 0: /proc does not tell. */
uint64_t identity_program_now(const struct identity *identity);

#endif
