/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a list of all types knows of the moves that go on meanwhile. It comes by both slots of an entry
 * that moves from one type to another, and shows it once at most:
 *   - Each move has a number, in the order in which they begin. A list notes the last one at its start,
 *     and shows in its new type only what came there by a move up to that.
 *   - Of the moves up to that number some may still go on. Their new slots say ARRIVING, and their old
 *     ones do not say yet that the entry has left. The list notes these slots before it looks at its
 *     first entry, and does not show what arrives in them later.
 * So a mover that is stopped in the middle is waited for by nobody, and one that was killed there
 * leaves nothing to settle.
 */
#ifndef SHM_MOVING_H
#define SHM_MOVING_H

#include "segment.h"

/* Before the entry can be seen in its new type, and after its new slot is ARRIVING. Returns the number
 * of the move. */
uint64_t moving_begin(const struct segment *s);

/* The last move that has begun; 0: none ever did. */
uint64_t moving_last(const struct segment *s);

struct arrival {
    uint32_t type, slot;
    uint64_t generation;
};

/* Slots to which an entry is on its way, by type and slot. */
struct arrivals {
    struct arrival *at;
    size_t count, room;
};

/* All of moves up to moving_last that have begun and are not made. Looks at the word of each taken
 * slot: about two nanoseconds each. Returns 0 or -ENOMEM. */
int arrivals_note(const struct segment *s, struct arrivals *arrivals);
void arrivals_free(struct arrivals *arrivals);

/* Is the entry that a slot's word speaks of one that arrived there after this was noted? */
bool arrivals_have(const struct arrivals *arrivals, uint32_t type, uint32_t slot, uint64_t word);

#endif
