/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Who a process is, beyond its reusable number, and whether it still is. Death is what the kernel
 * says, never a time-out:
 *   - a pidfd that is readable: every thread is gone (a zombie too; a leader that exited before
 *     its threads is not);
 *   - a pidfs inode (Linux 6.9) or a start time that differs: the number belongs to another;
 *   - EPERM, another pid namespace, /proc out of sight: nothing is known, so it lives.
 */
#ifndef LIB_IDENTITY_H
#define LIB_IDENTITY_H

#include "records/record.h"

/* Of this process (thread false) or of the calling thread. Returns 0 or a negative errno. */
int identity_of_self(struct identity *identity, bool thread);

/* An open pidfd on the very process, or -ESRCH: it is dead; -ENOTSUP: no pidfd to be had, use
 * identity_is_dead; -EMFILE and the like. joining: it may not have written more than its pid and
 * tag. */
int identity_open(const struct identity *identity, bool joining);

/* Judge without keeping anything. */
bool identity_is_dead(const struct identity *identity, bool joining);

/* Judge by a pidfd from identity_open. */
bool identity_pidfd_is_dead(int pidfd, const struct identity *identity);

/* The fingerprint of the program that the process runs now; 0: /proc does not tell. */
uint64_t identity_program_now(const struct identity *identity);

/* How it ended: fills cause and status (enum connstat_cause) and returns true if the kernel tells.
 */
bool identity_cause(int pidfd, const struct identity *identity, uint32_t *cause, uint32_t *status);

void identity_boot_id(uint8_t boot_id[16]);

#endif
