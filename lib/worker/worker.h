/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * This process as a worker: joining and leaving.
 */
#ifndef LIB_WORKER_H
#define LIB_WORKER_H

#include "process/attachment.h"

/* With the process lock held. Returns 0, also when joined already; -EUSERS; -ESTALE: the segment
 * is retired, or our record was taken from us (worker_resign); -ENOTCONN: its last handle was
 * closed, or this process is exiting. */
int worker_join(struct attachment *a, const char *label);

/* The same; where the dead leave no room, the lock is given up for as long as it takes to clear
 * them away. */
int worker_join_helping(struct attachment *a, const char *label);

/* A worker that lives may be taken for dead by somebody's mistake: a host closed the descriptor of its
 * lock, a reaper sees another /proc, somebody wrote into the file. Its record is no longer its own
 * then, and what it had is gone. Each registration compares its record's word with the one that was
 * joined as. Where they differ, this ends the membership, so that the caller joins anew; otherwise it
 * does nothing. Without the lock, outside of guard sections. */
void worker_resign(struct attachment *a);

/* Without the lock, outside of guard sections. Returns 0, also when not joined; -EDEADLK inside a
 * read-side section of the host. */
int worker_leave(struct attachment *a);

/* From now on nobody joins: the process exits. */
void worker_refuse_joining(void);

/* Give up a thread's own record. Without the lock, outside of guard sections. */
void worker_leave_thread(struct attachment *a, uint32_t record, uint64_t word);

#endif
