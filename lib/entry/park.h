/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Where a slot goes whose entry was taken out: it is parked for the thread's next registration, with
 * the cell of its key, or given to everybody.
 */
#ifndef LIB_PARK_H
#define LIB_PARK_H

#include "keys/index.h"
#include "process/attachment.h"
#include "process/lane.h"

/* Write down where a slot is about to be parked: whoever finds the table full finds it there. */
static inline void announce_parking(const struct lane *lane, uint32_t slot)
{
    atomic_store_explicit(&lane->counters->parked[lane->parked_in % PARKED_SLOTS], slot + 1,
                          memory_order_relaxed);
}

/* It is parked as word: the slot stays ours, and what its next entry will write is on its way. */
static inline void note_parked(const struct seat *seat, struct lane *lane, uint32_t slot,
                               uint64_t word)
{
    const uint8_t *payload = lane->payloads + (uint64_t)slot * seat->payload_bytes;

    lane->parked[lane->parked_in++ % PARKED_SLOTS] = (struct parked){.word = word, .slot = slot};
    __builtin_prefetch(payload, 1);
    __builtin_prefetch(payload + 64, 1);
    if (word & SLOT_KEYED && lane->key_slots != NULL)
        __builtin_prefetch(&lane->key_slots[slot], 1);
}

/* Give back one's own slot that is RELEASING as word. */
static inline void park_or_free(struct seat *seat, struct lane *lane, uint32_t type, uint32_t slot,
                                uint64_t word)
{
    const struct segment *s = seat->attachment->segment;
    uint64_t parked = slot_word(SLOT_PARKED, seat->owner, slot_generation(word));

    if ((word & SLOT_KEYED) && key_index_is_ready(s, type))
        index_remove(s, type, slot);
    if (!seat->sole_writer || lane_parked(lane) == PARKED_SLOTS) {
        slot_free(&lane->words[slot], lane->taken, slot, word);
        lane->hand = slot;
        return;
    }
    announce_parking(lane, slot);
    /* release: with slot_claim's acquire: the cell is cleared */
    atomic_store_explicit(&lane->words[slot], parked, memory_order_release);
    note_parked(seat, lane, slot, parked);
}

#endif
