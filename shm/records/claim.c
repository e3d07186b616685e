/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "records/claim.h"

#include "records/record.h"
#include "records/shard.h"
#include "slots/slot.h"

#include <errno.h>

static bool try_slot(const struct segment *s, uint32_t type, uint64_t as, enum slot_state from,
                     uint32_t slot, struct claim *claim)
{
    _Atomic uint64_t *word = &segment_words(s, type)[slot];
    uint64_t seen = atomic_load_explicit(word, memory_order_relaxed);

    if (slot_state(seen) != from)
        return false;
    /* Whoever takes a keyed slot has to clear its cell in the index of keys. This process has not mapped
     * that index, so it leaves the slot to others. */
    if (unlikely((seen & SLOT_KEYED) && !key_index_is_ready(s, type)))
        return false;
    slot_touch(segment_touched(s, slot_owner(as), type), slot);
    if (!slot_claim(word, seen, as, &claim->word))
        return false;
    claim->slot = slot;
    return true;
}

/* Claims a slot that word i of the taken map shows as free, if mask has its bit. Inlined, because most
 * claims find a slot in the first word that they look at, that of the hand. */
static inlined bool claim_from_map_word(const struct segment *s, uint32_t type, uint64_t as,
                                        uint32_t i, uint64_t mask, uint32_t capacity,
                                        struct claim *claim)
{
    _Atomic uint64_t *taken = segment_taken(s, type);
    uint64_t bits = ~atomic_load_explicit(&taken[i], memory_order_relaxed) & mask;

    while (bits != 0) {
        uint32_t slot = i * 64 + (uint32_t)__builtin_ctzll(bits);

        bits &= bits - 1;
        if (slot >= capacity)
            break;
        if (try_slot(s, type, as, SLOT_FREE, slot, claim)) {
            taken_set(taken, slot);
            return true;
        }
    }
    return false;
}

struct thief {
    uint32_t type;
    uint64_t as;
    struct claim *claim;
    bool done;
};

static void steal_from_shard(const struct segment *s, struct shard *shard, void *arg)
{
    struct thief *thief = arg;
    struct shard_type *type = &shard_types(shard)[thief->type];

    for (uint32_t i = 0; i < PARKED_SLOTS && !thief->done; i++) {
        uint32_t slot = atomic_load_explicit(&type->parked[i], memory_order_relaxed) - 1;

        if (slot < segment_capacity(s, thief->type))
            thief->done = try_slot(s, thief->type, thief->as, SLOT_PARKED, slot, thief->claim);
    }
}

/* Parked slots are written down in their keeper's shard before they are parked, so the shards of
 * the living name all of them. */
static bool steal(const struct segment *s, struct thief *thief)
{
    struct live_walk walk = LIVE_WALK_BEGIN;
    uint32_t index;

    while (!thief->done && (index = live_walk_next(s, &walk)) != LIVE_WALK_END)
        if (index < s->geometry.shape.max_workers)
            shard_for_each(s, index, steal_from_shard, thief);
    return thief->done;
}

/* Looks through the whole map once, as a ring: begins with the word behind the one in which slot `from` is,
 * and ends with that one's bits in front of `from`. */
static __attribute__((noinline)) bool claim_round(const struct segment *s, uint32_t type,
                                                  uint64_t as, uint32_t from, uint32_t capacity,
                                                  struct claim *claim)
{
    uint32_t words = (capacity + 63) / 64;

    for (uint32_t n = 1; n <= words; n++) {
        uint32_t i = from / 64 + n;
        uint64_t mask = n < words ? ~UINT64_C(0) : ~(~UINT64_C(0) << from % 64);

        if (claim_from_map_word(s, type, as, i < words ? i : i - words, mask, capacity, claim))
            return true;
    }
    return false;
}

int claim_find(const struct segment *s, uint32_t type, uint64_t as, uint32_t *hand,
               struct claim *claim)
{
    uint32_t capacity = segment_capacity(s, type);
    uint32_t from = *hand < capacity ? *hand : 0;

    if (!claim_from_map_word(s, type, as, from / 64, ~UINT64_C(0) << from % 64, capacity, claim) &&
        !claim_round(s, type, as, from, capacity, claim))
        return -ENOSPC;
    *hand = claim->slot;
    return 0;
}

int claim_steal(const struct segment *s, uint32_t type, uint64_t as, struct claim *claim)
{
    struct thief thief = {type, as, claim, false};

    return steal(s, &thief) ? 0 : -ENOSPC;
}
