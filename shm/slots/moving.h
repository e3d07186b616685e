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

/* Called by a mover when its new slot is ARRIVING, and before the entry can be seen there. Returns the
 * number of the move. */
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

/* Notes the slots to which a move has begun that is not made yet, of the moves up to moving_last. Looks at
 * the word of each taken slot, which takes about two nanoseconds. Returns 0 or -ENOMEM. */
int arrivals_note(const struct segment *s, struct arrivals *arrivals);
void arrivals_free(struct arrivals *arrivals);

/* Did the entry of this slot, as of word, arrive there after arrivals_note noted that it was on its way? */
bool arrivals_have(const struct arrivals *arrivals, uint32_t type, uint32_t slot, uint64_t word);

#endif
