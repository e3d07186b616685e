/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The slot protocol: how one slot changes hands. Wait-free each; no step waits for anybody.
 *
 * Guarantees
 *   - One compare-and-swap both takes a slot and says who took it.
 *   - FREE means that its bit in the taken map is clear; LIVE and PARKED that it is set, once the
 *     call that made them so has returned. So a full map means that nothing is free but parked
 *     slots, and a list may skip words of zeros. Memory that is all zero is an empty table.
 *   - A reader gets the payload that belongs to the word it saw, or sees that it must look again.
 *   - Of an entry that is being updated it gets the old content or the new, whole (payload.h).
 * Who may call
 *   - claim: anybody alive, on FREE and PARKED slots; publish and release: the owner named in the
 *     word; adopt: anybody, when the owner's record is dead (sweep.c).
 * The orders were checked in RC11 (tests/model); each says what it pairs with.
 */
#ifndef SHM_SLOT_H
#define SHM_SLOT_H

#include "segment.h"

struct parked {    /* a slot that this thread parked */
    uint64_t word; /* PARKED by us, unless somebody took it */
    uint32_t slot;
};

static inline void taken_clear(_Atomic uint64_t *taken, uint32_t slot)
{
    /* relaxed: the release store of FREE that follows carries it to the next claimer */
    atomic_fetch_and_explicit(&taken[slot / 64], ~(UINT64_C(1) << slot % 64), memory_order_relaxed);
}

static inline void taken_set(_Atomic uint64_t *taken, uint32_t slot)
{
    /* relaxed: ordered before LIVE by publish's release; while it is late, the bit says "may be
     * free", which the word denies */
    atomic_fetch_or_explicit(&taken[slot / 64], UINT64_C(1) << slot % 64, memory_order_relaxed);
}

/* Note that a record is about to own slots of this chunk: before the claim, so that whoever sweeps
 * after a kill at any later instruction finds it. */
static inline void slot_touch(_Atomic uint64_t *touched, uint32_t slot)
{
    uint32_t chunk = slot / CHUNK_SLOTS;
    uint64_t bit = UINT64_C(1) << chunk % 64;

    /* relaxed: the acq_rel of the claim that follows orders it. A sweeper looks only after the
     * kernel has said that the writer is dead, or after it has read the record's word by an
     * acquire. */
    if (unlikely(!(atomic_load_explicit(&touched[chunk / 64], memory_order_relaxed) & bit)))
        atomic_fetch_or_explicit(&touched[chunk / 64], bit, memory_order_relaxed);
}

/* Claim a slot if its word still equals seen, which is FREE or PARKED. as holds the owner, the
 * state and whether the entry will have a key, with generation 0; the new word has the next
 * generation and is given out in *claimed. A slot whose last entry's cell is still in the index
 * becomes RELEASING, and keyed, instead: its taker clears that cell before it writes anything else.
 */
static inline bool slot_claim(_Atomic uint64_t *word, uint64_t seen, uint64_t as, uint64_t *claimed)
{
    uint64_t next = as + ((slot_generation(seen) + 1) << SLOT_GENERATION_SHIFT);

    if (seen & SLOT_KEYED)
        next = slot_become(next, SLOT_RELEASING) | SLOT_KEYED;
    /* acquire: with the release that freed it: the last holder's map bit and payload are behind
     *   us. Weaker, our taken_set could be overtaken by its taken_clear: a live slot marked free.
     * release: keeps slot_touch before it (sweep.c reads both). */
    if (unlikely(!atomic_compare_exchange_strong_explicit(word, &seen, next, memory_order_acq_rel,
                                                          memory_order_relaxed)))
        return false;
    *claimed = next;
    return true;
}

/* Between claim and the first payload store. Partner: the acquire fence of slot_unchanged. Weaker,
 * a reader could copy new payload under the old word: a torn entry. */
static inline void slot_begin_payload(void)
{
    atomic_thread_fence(memory_order_release);
}

/* Now it is an entry. release: with the acquire load of a reader; the payload is complete. */
static inline void slot_publish(_Atomic uint64_t *word, uint64_t claimed)
{
    atomic_store_explicit(word, slot_become(claimed, SLOT_LIVE), memory_order_release);
}

/* Make an entry of one's own UPDATING: of several threads one gets it, and alone writes its payload
 * until slot_end_update, whatever the others do meanwhile. */
static inline bool slot_begin_update(_Atomic uint64_t *word, uint64_t live)
{
    /* acquire: with the release of the last who updated it: its payload is complete.
     * release: keeps slot_touch before it, where the entry is another record's */
    return atomic_compare_exchange_strong_explicit(word, &live, slot_become(live, SLOT_UPDATING),
                                                   memory_order_acq_rel, memory_order_relaxed);
}

/* The payload is whole: it is LIVE again. False: another thread took the entry out meanwhile, made
 * its slot RELEASING, counted it closed, and left the rest to whoever was updating it. */
static inline bool slot_end_update(_Atomic uint64_t *word, uint64_t live)
{
    uint64_t updating = slot_become(live, SLOT_UPDATING);

    /* release: with the acquire of a reader; acquire: with the release of who took it out */
    return atomic_compare_exchange_strong_explicit(word, &updating, live, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* Take an entry of one's own out of the lists: of two threads with one id, one gets it. */
static inline bool slot_retract(_Atomic uint64_t *word, uint64_t live, uint64_t next)
{
    /* acquire: the map bit that is cleared next comes after the one set at registration, by
     *   another thread perhaps.
     * release: with the acquire of who takes a parked slot */
    return atomic_compare_exchange_strong_explicit(word, &live, next, memory_order_acq_rel,
                                                   memory_order_relaxed);
}

/* Give an emptied slot to everybody. The bit before the word, never after: a claim between them
 * would leave a live slot marked free. */
static inline void slot_free(_Atomic uint64_t *word, _Atomic uint64_t *taken, uint32_t slot,
                             uint64_t releasing)
{
    taken_clear(taken, slot);
    /* release: with slot_claim's acquire */
    atomic_store_explicit(word, slot_word(SLOT_FREE, 0, slot_generation(releasing)),
                          memory_order_release);
}

/* After a payload was copied with relaxed loads: is the word still the one it belonged to?
 * Partner: slot_begin_payload. */
static inline bool slot_unchanged(_Atomic uint64_t *word, uint64_t seen)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(word, memory_order_relaxed) == seen;
}

/* The same, of an entry that may be updated meanwhile. */
static inline bool slot_holds_still(_Atomic uint64_t *word, uint64_t seen)
{
    atomic_thread_fence(memory_order_acquire);
    return !slot_is_other(atomic_load_explicit(word, memory_order_relaxed), seen);
}

#endif
