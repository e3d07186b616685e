/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "slots/moving.h"

#include "slots/payload.h"

#include <errno.h>
#include <stdlib.h>

uint64_t moving_begin(const struct segment *s)
{
    /* release, with the acquire of moving_last: a list that notes this number finds the new slot
     * ARRIVING. Weaker, the list could take a move that is still to come for one that is made. */
    return atomic_fetch_add_explicit(&segment_header(s)->moves, 1, memory_order_release) + 1;
}

uint64_t moving_last(const struct segment *s)
{
    /* acquire: with the release of moving_begin */
    return atomic_load_explicit(&segment_header(s)->moves, memory_order_acquire);
}

/* ---- noting what is on its way -------------------------------------------------------------- */

static bool may_be_filled(uint64_t word)
{
    enum slot_state state = slot_state(word);

    return state == SLOT_UPDATING || state == SLOT_CLAIMED || state == SLOT_RELEASING;
}

#define LOOKS 8 /* enough: each of a mover's three steps makes one more look necessary */

/* Has a move to this slot begun that is not made yet? If the slot's generation changes during the look,
 * that move is over; a later move to the slot has a later number, and is left out by that. */
static bool is_on_its_way(const struct segment *s, uint32_t type, uint32_t slot,
                          uint64_t *generation)
{
    _Atomic uint64_t *word = &segment_words(s, type)[slot];
    const struct payload *payload = segment_payload(s, type, slot);

    for (int looks = 0; looks < LOOKS; looks++) {
        /* relaxed: a slot whose move has begun by now is at least CLAIMED for it (moving_last) */
        uint64_t seen = atomic_load_explicit(word, memory_order_relaxed), now, stamp;
        bool arrived;

        *generation = slot_generation(seen);
        if (!may_be_filled(seen))
            return false;
        /* acquire: with content_settle: an entry that is taken to have arrived is found there. Weaker,
         * a list could come to its old slot, which it has left, and too early to its new one. */
        stamp = atomic_load_explicit(&payload->stamp, memory_order_acquire);
        if (stamp_length(stamp) != STAMP_ARRIVING)
            return false;
        /* content_has_arrived acquires. So, if the old slot has another entry by now, the two loads below
         * see that our entry had arrived before that. */
        arrived = content_has_arrived(s, stamp, slot_owner(seen));
        now = atomic_load_explicit(word, memory_order_relaxed);
        if (slot_generation(now) != *generation)
            return false;
        if (now == seen && atomic_load_explicit(&payload->stamp, memory_order_relaxed) == stamp)
            return !arrived;
    }
    return false;
}

static int note(struct arrivals *arrivals, struct arrival arrival)
{
    if (arrivals->count == arrivals->room) {
        size_t room = arrivals->room * 2 + 16;
        struct arrival *at = realloc(arrivals->at, room * sizeof(*at));

        if (at == NULL)
            return -ENOMEM;
        arrivals->at = at;
        arrivals->room = room;
    }
    arrivals->at[arrivals->count++] = arrival;
    return 0;
}

static int note_type(const struct segment *s, uint32_t type, struct arrivals *arrivals)
{
    const _Atomic uint64_t *map = segment_taken(s, type);
    uint32_t capacity = segment_capacity(s, type);
    int error = 0;

    for (uint32_t i = 0; i < (capacity + 63) / 64; i++) {
        /* relaxed: a slot that a mover has claimed has its bit set before moving_begin */
        uint64_t taken = atomic_load_explicit(&map[i], memory_order_relaxed);

        for (; taken != 0 && error == 0; taken &= taken - 1) {
            uint32_t slot = i * 64 + (uint32_t)__builtin_ctzll(taken);
            uint64_t generation;

            if (slot < capacity && is_on_its_way(s, type, slot, &generation))
                error = note(arrivals, (struct arrival){type, slot, generation});
        }
    }
    return error;
}

int arrivals_note(const struct segment *s, struct arrivals *arrivals)
{
    int error = 0;

    for (uint32_t type = 0; type < s->geometry.shape.type_count && error == 0; type++)
        error = note_type(s, type, arrivals);
    return error;
}

void arrivals_free(struct arrivals *arrivals)
{
    free(arrivals->at);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int by_type_and_slot(const void *left, const void *right)
{
    const struct arrival *a = left, *b = right;

    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return (a->slot > b->slot) - (a->slot < b->slot);
}

bool arrivals_have(const struct arrivals *arrivals, uint32_t type, uint32_t slot, uint64_t word)
{
    const struct arrival sought = {type, slot, slot_generation(word)}, *found;

    if (arrivals == NULL || arrivals->count == 0)
        return false;
    found = bsearch(&sought, arrivals->at, arrivals->count, sizeof(sought), by_type_and_slot);
    return found != NULL && found->generation == sought.generation;
}
