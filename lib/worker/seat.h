/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Finding and making a thread's seat (process/lane.h).
 */
#ifndef LIB_SEAT_H
#define LIB_SEAT_H

#include "keys/index.h"
#include "process/attachment.h"
#include "process/lane.h"

/* This thread's other seats: it works in several segments. NULL: none is good here. */
struct seat *seat_switch(uint64_t membership);

/* The seat at hand, or another one of this thread's that is good for this attachment, and whose record
 * is ours; else NULL. */
static inline struct seat *seat_of(const struct attachment *a)
{
    struct seat *seat = seat_at_hand(a->membership);

    if (likely(seat != NULL) && seat_is_ours(seat))
        return seat;
    return seat_switch(atomic_load_explicit(a->membership, memory_order_acquire));
}

/* Find or make this thread's seat; joins the segment if this process has not. Inside a guard
 * section. Returns 0; -EROFS; -EUSERS; -ENOMEM; -ESTALE: outside of the section, worker_resign, and
 * handle_follow. */
int seat_take(struct attachment *a, struct seat **seat);

/* Where a registration under a limit notes its rivals: behind the lanes, for no stack has the room. */
static inline struct rival *seat_rivals(struct seat *seat)
{
    return (struct rival *)(void *)&seat->lanes[seat->type_count];
}

/* From now on this thread owns what it registers, by a record of its own, or no longer. With the
 * process lock held. Returns 0; what worker_join returns; -EUSERS; -ENOMEM. */
int seat_own_by_thread(struct attachment *a, bool own);

/* Where this seat begins to look in slots that are new to it. */
uint32_t seat_hand_between(const struct seat *seat, uint32_t from, uint32_t to);

#endif
