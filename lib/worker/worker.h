/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * This process as a worker: joining and leaving.
 */
#ifndef LIB_WORKER_H
#define LIB_WORKER_H

#include "process/attachment.h"

/* Joins the segment. Called with the process lock held. Returns 0, also when joined already; -EUSERS;
 * -ESTALE: the segment is retired, or our record was taken from us (worker_resign); -ENOTCONN: its last
 * handle was closed, or this process is exiting. */
int worker_join(struct attachment *a, const char *label);

/* The same. If dead workers have all records, it gives the lock up while it clears them away. */
int worker_join_helping(struct attachment *a, const char *label);

/* For a worker that lives and was taken for dead by mistake: its host closed the descriptor of its life
 * lock, a reaper saw another /proc, somebody wrote into the file. Then its record is no longer its own,
 * and its entries are gone. Each registration compares its record's word with the one that it joined
 * with. If they differ, worker_resign ends the membership, so that the caller joins anew; if not, it does
 * nothing. Called without the lock, outside of guard sections. */
void worker_resign(struct attachment *a);

/* Leaves the segment. Called without the lock, outside of guard sections. Returns 0, also when not
 * joined; -EDEADLK inside a read-side section of the host. */
int worker_leave(struct attachment *a);

/* Called when the process exits: from now on none of its threads can join. */
void worker_refuse_joining(void);

/* Gives up a thread's own record. Called without the lock, outside of guard sections. */
void worker_leave_thread(struct attachment *a, uint32_t record, uint64_t word);

#endif
