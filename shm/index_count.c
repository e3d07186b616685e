/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How many entries live under a key.
 */
#include "index.h"
#include "slot.h"

struct counter {
    const struct segment *segment;
    const struct hidden *hidden;
    uint32_t type;
    uint64_t live;
};

/* Is it a word that an entry with a key has? */
static inline bool may_live(const struct segment *s, uint64_t word)
{
    return slot_state(word) == SLOT_LIVE && (word & SLOT_KEYED) &&
           slot_owner(word) < s->geometry.shape.max_workers;
}

/* One whose word changed, or whose key is another: look until it holds still, four times at most.
 */
static __attribute__((noinline, cold)) bool is_live(const struct counter *counter, uint32_t slot,
                                                    const uint64_t key[2])
{
    const struct segment *s = counter->segment;
    _Atomic uint64_t *word = &segment_words(s, counter->type)[slot];
    uint64_t record;

    for (int round = 0; round < 4; round++) {
        uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
        bool ours, visible;

        if (!may_live(s, seen))
            return false;
        ours = index_key_is(s, counter->type, slot, key);
        atomic_thread_fence(memory_order_acquire);
        visible = record_visible(s, counter->hidden, slot_owner(seen), &record);
        if (atomic_load_explicit(word, memory_order_relaxed) == seen)
            return ours && visible;
    }
    return false;
}

/* As is_live, but one step for all of them before the next, so that their cache misses overlap:
 * word and key, then the record, then the word again. */
static void count_batch(struct counter *counter, const struct index_walk *walk,
                        const struct candidate *candidates, uint32_t count)
{
    const struct segment *s = counter->segment;
    uint64_t seen[INDEX_BATCH];
    bool ours[INDEX_BATCH];

    for (uint32_t i = 0; i < count; i++) {
        const struct key_slot *key = &walk->key_slots[candidates[i].slot];

        seen[i] = atomic_load_explicit(&walk->words[candidates[i].slot], memory_order_acquire);
        ours[i] = atomic_load_explicit(&key->key[0], memory_order_relaxed) == walk->key[0] &&
                  atomic_load_explicit(&key->key[1], memory_order_relaxed) == walk->key[1];
    }
    atomic_thread_fence(memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) {
        const _Atomic uint64_t *word = &walk->words[candidates[i].slot];
        uint64_t record;
        bool visible;

        if (!may_live(s, seen[i]))
            continue;
        visible = record_visible(s, counter->hidden, slot_owner(seen[i]), &record);
        if (likely(ours[i] && atomic_load_explicit(word, memory_order_relaxed) == seen[i]))
            counter->live += visible;
        else
            counter->live += is_live(counter, candidates[i].slot, walk->key);
    }
}

uint64_t index_count(const struct segment *s, const struct hidden *hidden, uint32_t type,
                     const struct key_hash *hash)
{
    struct counter counter = {.segment = s, .hidden = hidden, .type = type};
    struct candidate candidates[INDEX_BATCH];
    struct index_walk walk;

    index_walk_begin(&walk, s, type, hash);
    while (!index_walk_ended(&walk))
        count_batch(&counter, &walk, candidates, index_walk_next(&walk, candidates));
    return counter.live;
}
