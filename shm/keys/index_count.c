/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Counts the slots under a key that are in given states: entries, or what stands in a limit's way.
 */
#include "keys/index.h"
#include "slots/slot.h"

struct states { /* a slot is counted if word & mask == as */
    uint64_t mask, as;
    bool doubtful; /* whether a slot counts if its word changes at each of four looks */
};

struct counter {
    const struct segment *segment;
    const struct hidden *hidden;
    struct states states;
    struct index_walk walk;
};

/* Is the candidate in one of the states, and is it under the key? Its word may change while we look at
 * its key and its owner. Then we look again, at most four times. */
static seldom bool is_there(const struct counter *counter, const struct candidate *candidate)
{
    const struct segment *s = counter->segment;
    const _Atomic uint64_t *word = &counter->walk.words[candidate->slot];
    uint64_t record;

    for (int round = 0; round < 4; round++) {
        uint64_t seen = atomic_load_explicit(word, memory_order_acquire);
        bool ours, visible;

        if ((seen & counter->states.mask) != counter->states.as ||
            slot_owner(seen) >= s->geometry.shape.max_workers)
            return false;
        ours = index_still_names(&counter->walk, candidate) &&
               key_slot_has(&counter->walk.key_slots[candidate->slot], counter->walk.key);
        atomic_thread_fence(memory_order_acquire);
        visible = record_visible(s, counter->hidden, slot_owner(seen), &record);
        if (!slot_is_other(atomic_load_explicit(word, memory_order_relaxed), seen))
            return ours && visible;
    }
    return counter->states.doubtful;
}

/* The first look of is_there, at many candidates in one loop; those whose word changed meanwhile are
 * left to is_there. What the loop needs is copied into variables: after each acquire the compiler would
 * have to read it from memory anew. */
static inlined uint64_t count_batch(const struct counter *counter,
                                    const struct candidate *candidates, uint32_t count,
                                    struct states states)
{
    const _Atomic uint64_t *words = counter->walk.words;
    const struct key_slot *key_slots = counter->walk.key_slots;
    const struct record *records = segment_record(counter->segment, 0);
    uint32_t tag = counter->walk.tag, workers = counter->segment->geometry.shape.max_workers;
    uint64_t key[2] = {counter->walk.key[0], counter->walk.key[1]}, sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t slot = candidates[i].slot;
        uint64_t seen = atomic_load_explicit(&words[slot], memory_order_acquire);
        uint32_t owner = slot_owner(seen);
        bool there =
            (seen & states.mask) == states.as && owner < workers &&
            atomic_load_explicit(candidates[i].cell, memory_order_acquire) == (tag | (slot + 1)) &&
            key_slot_has(&key_slots[slot], key) &&
            record_state(atomic_load_explicit(&records[owner].word, memory_order_acquire)) ==
                RECORD_ALIVE;

        atomic_thread_fence(memory_order_acquire);
        if (unlikely(atomic_load_explicit(&words[slot], memory_order_relaxed) != seen))
            there = is_there(counter, &candidates[i]);
        sum += there;
    }
    return sum;
}

static __attribute__((noinline)) uint64_t
count_one_by_one(const struct counter *counter, const struct candidate *candidates, uint32_t count)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++)
        sum += is_there(counter, &candidates[i]);
    return sum;
}

static inlined uint64_t count_key(const struct segment *s, const struct hidden *hidden,
                                  uint32_t type, const struct key_hash *hash, struct states states,
                                  bool *behind)
{
    struct counter counter = {.segment = s, .hidden = hidden, .states = states};
    struct candidate candidates[INDEX_BATCH];
    uint64_t sum = 0;

    index_walk_begin(&counter.walk, s, type, hash);
    while (!index_walk_ended(&counter.walk)) {
        uint32_t count = index_walk_next(&counter.walk, candidates);

        sum += likely(hidden == NULL) ? count_batch(&counter, candidates, count, states)
                                      : count_one_by_one(&counter, candidates, count);
    }
    *behind = counter.walk.behind;
    return sum;
}

/* Entries: LIVE and UPDATING. The states are constants here, so that the compiler puts them into the loop
 * above. What *behind would say is ignored: the caller followed the growth log before this call, so an
 * entry in a slot that this process does not know came after the call had begun. */
uint64_t index_count(const struct segment *s, const struct hidden *hidden, uint32_t type,
                     const struct key_hash *hash)
{
    bool behind;

    return count_key(s, hidden, type, hash,
                     (struct states){SLOT_ENTRY | SLOT_KEYED, SLOT_ENTRY | SLOT_KEYED, false},
                     &behind);
}

/* How many of 14 bits are 1. Written out, for processors without an instruction for it. */
static inline uint32_t count_bits(uint32_t bits)
{
    bits -= bits >> 1 & 0x5555;
    bits = (bits & 0x3333) + (bits >> 2 & 0x3333);
    bits = (bits + (bits >> 4)) & 0x0f0f;
    return (bits + (bits >> 8)) & 0x1f;
}

uint64_t index_cells(const struct segment *s, uint32_t type, const struct key_hash *hash)
{
    const struct type_geometry *g = &s->geometry.types[type];
    const struct key_bucket *buckets = segment_key_buckets(s, type);
    uint32_t mask = ~((1u << g->key_cell_bits) - 1), number = hash->home;
    uint32_t reach = index_reach(&buckets[number], g->key_bucket_count);
    uint64_t sum = count_bits(bucket_match(&buckets[number], hash->tag, mask));

    for (uint32_t step = 1; step <= reach; step++) {
        number = index_bucket_after(number, index_stride(hash->home, g->key_bucket_count),
                                    g->key_bucket_count);
        sum += count_bits(bucket_match(&buckets[number], hash->tag, mask));
    }
    /* As at the end of index_walk_next. */
    atomic_thread_fence(memory_order_acquire);
    return sum;
}

/* Entries and PENDING registrations, and ABORTED ones, which soon go. */
uint64_t index_contenders(const struct segment *s, uint32_t type, const struct key_hash *hash,
                          bool *behind)
{
    return count_key(
        s, NULL, type, hash,
        (struct states){SLOT_CONTENDER | SLOT_KEYED, SLOT_CONTENDER | SLOT_KEYED, true}, behind);
}
