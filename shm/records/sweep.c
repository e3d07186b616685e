/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "records/sweep.h"

#include "keys/index.h"
#include "records/record.h"
#include "records/shard.h"
#include "slots/slot.h"

/* Adopt a slot of the record's: its new word, or 0 if it is not the record's (any more). */
static uint64_t adopt(const struct segment *s, uint32_t type, uint32_t slot,
                      const struct broom *broom)
{
    _Atomic uint64_t *word = &segment_words(s, type)[slot];
    /* acquire: the slot's word is read before the record's word. The other way round, a slot that
     * the record's next holder has taken could be cleared (tests/model). */
    uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
    uint64_t mine;

    /* The exchange is tried again if a rival under a limit aborted the slot meanwhile (limit.c):
     * the slot is still the record's. Any other change takes it from the record, so the loop ends.
     */
    do {
        if (slot_state(seen) == SLOT_FREE || slot_owner(seen) != broom->record ||
            !record_is(s, broom->record, broom->word))
            return 0;
        slot_touch(segment_touched(s, broom->me, type), slot);
        mine = slot_adopted(seen, broom->me);
        /* acq_rel: acquire, so that our taken_clear comes after the dead one's taken_set; release,
         * so that slot_touch is before it. On failure acquire, as above. */
    } while (!atomic_compare_exchange_strong_explicit(word, &seen, mine, memory_order_acq_rel,
                                                      memory_order_acquire));
    return mine;
}

void sweep_slot(const struct segment *s, uint32_t type, uint32_t slot, struct broom *broom)
{
    uint64_t mine = adopt(s, type, slot, broom);

    if (mine == 0)
        return;
    if ((mine & SLOT_KEYED) && key_index_is_ready(s, type))
        index_remove(s, type, slot);
    slot_free(&segment_words(s, type)[slot], segment_taken(s, type), slot, mine);
    broom->freed++;
}

static void visit_chunk(const struct segment *s, uint32_t type, uint32_t chunk, slot_visit visit,
                        void *arg)
{
    uint32_t capacity = segment_capacity(s, type);
    uint64_t first = (uint64_t)chunk * CHUNK_SLOTS;

    for (uint64_t slot = first; slot < first + CHUNK_SLOTS && slot < capacity; slot++)
        visit(s, type, (uint32_t)slot, arg);
}

static inline void visit_type(const struct segment *s, uint32_t record, uint32_t type,
                              slot_visit visit, void *arg)
{
    _Atomic uint64_t *touched = segment_touched(s, record, type);

    for (uint32_t i = 0; i < s->geometry.types[type].touched_words; i++) {
        uint64_t bits = atomic_load_explicit(&touched[i], memory_order_relaxed);

        for (; bits != 0; bits &= bits - 1)
            visit_chunk(s, type, i * 64 + (uint32_t)__builtin_ctzll(bits), visit, arg);
    }
}

void sweep_for_each(const struct segment *s, uint32_t record, slot_visit visit, void *arg)
{
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        visit_type(s, record, t, visit, arg);
}

static void sweep_visited(const struct segment *s, uint32_t type, uint32_t slot, void *arg)
{
    sweep_slot(s, type, slot, arg);
}

uint64_t sweep_holdings(const struct segment *s, uint32_t record, uint64_t word, uint32_t me,
                        uint64_t me_word)
{
    struct broom broom = {.record = record, .me = me, .word = word};

    sweep_for_each(s, record, sweep_visited, &broom);
    shard_release_extra(s, record, word, me, me_word);
    return broom.freed;
}

uint64_t sweep_record(const struct segment *s, uint32_t record, uint64_t word, uint32_t me,
                      uint64_t me_word)
{
    uint64_t freed = sweep_holdings(s, record, word, me, me_word);

    record_release(s, record, word);
    return freed;
}

/* ---- without a sweeper ---------------------------------------------------------------------- */

static bool owns_slots(const struct segment *s, uint32_t type, uint32_t record)
{
    _Atomic uint64_t *touched = segment_touched(s, record, type);
    _Atomic uint64_t *words = segment_words(s, type);

    for (uint32_t slot = 0, capacity = segment_capacity(s, type); slot < capacity; slot++) {
        uint32_t chunk = slot / CHUNK_SLOTS;
        uint64_t seen;

        if (!(atomic_load_explicit(&touched[chunk / 64], memory_order_relaxed) >> chunk % 64 & 1)) {
            slot = (chunk + 1) * CHUNK_SLOTS - 1;
            continue;
        }
        seen = atomic_load_explicit(&words[slot], memory_order_relaxed);
        if (slot_state(seen) != SLOT_FREE && slot_owner(seen) == record)
            return true;
    }
    return false;
}

bool sweep_idle_record(const struct segment *s, uint32_t record, uint64_t word)
{
    /* Its holder is dead, so no slot becomes the record's any more. */
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        if (owns_slots(s, t, record))
            return false;
    if (shard_has_extra(s, record, word))
        return false;
    record_release(s, record, word);
    return true;
}
