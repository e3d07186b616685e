/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "tally.h"

#include "record.h"
#include "shard.h"

#include <string.h>

/* ---- live ----------------------------------------------------------------------------------- */

static inline int64_t shard_live(const struct segment *s, struct shard *shard, uint32_t type)
{
    uint64_t opened, closed;

    shard_read(&shard_types(shard)[type], &opened, &closed);
    return (int64_t)(opened - closed -
                     atomic_load_explicit(&shard_base(s, shard)[type], memory_order_relaxed));
}

struct range {
    uint32_t first, end; /* types */
    int64_t *live;
};

static void add_shard(const struct segment *s, struct shard *shard, void *arg)
{
    const struct range *range = arg;

    for (uint32_t t = range->first; t < range->end; t++)
        range->live[t] += shard_live(s, shard, t);
}

/* A record that changes hands under the sum is looked at again; one that does so for ever is a
 * worker that came after the call began. */
static void add_record(const struct segment *s, const struct hidden *hidden, uint32_t index,
                       struct range *range)
{
    int64_t mine[MAX_TYPES];
    struct range part = {range->first, range->end, mine};

    for (int round = 0; round < 4; round++) {
        uint64_t word, again;

        if (!record_visible(s, hidden, index, &word))
            return;
        memset(&mine[range->first], 0, sizeof(mine[0]) * (range->end - range->first));
        shard_for_each(s, index, add_shard, &part);
        atomic_thread_fence(memory_order_acquire);
        again = atomic_load_explicit(&segment_record(s, index)->word, memory_order_relaxed);
        if (again != word)
            continue;
        for (uint32_t t = range->first; t < range->end; t++)
            range->live[t] += mine[t];
        return;
    }
}

static void add_records(const struct segment *s, const struct hidden *hidden, struct range *range)
{
    for (uint32_t i = 0; i < s->geometry.live_words; i++)
        for (uint32_t members = live_members(s, i); members != 0; members &= members - 1) {
            uint32_t index = i * 32 + (uint32_t)__builtin_ctz(members);

            if (likely(index < s->geometry.shape.max_workers))
                add_record(s, hidden, index, range);
        }
}

/* Threads that open on one shard and close on another may be seen in between: never below none,
 * never above all. */
static uint64_t clamp(const struct segment *s, uint32_t type, int64_t live)
{
    if (live < 0)
        return 0;
    return (uint64_t)live < s->geometry.types[type].capacity ? (uint64_t)live
                                                             : s->geometry.types[type].capacity;
}

void tally_live(const struct segment *s, const struct hidden *hidden, uint64_t live[MAX_TYPES])
{
    uint32_t types = s->geometry.shape.type_count;
    int64_t sums[MAX_TYPES];
    struct range range = {0, types, sums};

    memset(sums, 0, sizeof(sums[0]) * types);
    add_records(s, hidden, &range);
    for (uint32_t t = 0; t < types; t++)
        live[t] = clamp(s, t, sums[t]);
}

uint64_t tally_live_type(const struct segment *s, const struct hidden *hidden, uint32_t type)
{
    int64_t sums[MAX_TYPES];
    struct range range = {type, type + 1, sums};

    sums[type] = 0;
    add_records(s, hidden, &range);
    return clamp(s, type, sums[type]);
}

static void add_worker(const struct segment *s, struct shard *shard, void *arg)
{
    struct worker_tally *tally = arg;

    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        uint64_t opened, closed;

        shard_read(&shard_types(shard)[t], &opened, &closed);
        tally->opened += opened;
        tally->closed += closed;
        tally->live[t] += shard_live(s, shard, t);
    }
}

void tally_record(const struct segment *s, uint32_t record, struct worker_tally *tally)
{
    memset(tally, 0, sizeof(*tally));
    shard_for_each(s, record, add_worker, tally);
}

/* ---- totals --------------------------------------------------------------------------------- */

enum fate { FATE_LIVES, FATE_LEFT, FATE_DIED };

static void add_totals(const struct segment *s, struct shard *shard, enum fate fate,
                       struct totals *totals)
{
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        uint64_t base = atomic_load_explicit(&shard_base(s, shard)[t], memory_order_relaxed);
        uint64_t opened, closed;

        shard_read(&shard_types(shard)[t], &opened, &closed);
        totals->opened[t] += opened;
        totals->closed[t] += fate == FATE_LEFT ? opened - base : closed;
        totals->lost[t] += fate == FATE_DIED ? opened - closed : base;
    }
}

static enum fate fate_of_record(const struct segment *s, uint32_t index, uint64_t word)
{
    if (record_state(word) == RECORD_ALIVE)
        return FATE_LIVES;
    return atomic_load_explicit(&segment_record(s, index)->flags, memory_order_relaxed) &
                   RECORD_LEFT
               ? FATE_LEFT
               : FATE_DIED;
}

static enum fate fate_of_extra(const struct segment *s, uint64_t owner)
{
    uint32_t index = shard_record(owner);
    uint64_t word;

    if (shard_state(owner) == SHARD_FREE)
        return FATE_DIED; /* settled: opened - closed == base */
    if (shard_state(owner) == SHARD_SETTLING)
        return shard_left(owner) ? FATE_LEFT : FATE_DIED;
    if (index >= s->geometry.record_count)
        return FATE_DIED;
    word = atomic_load_explicit(&segment_record(s, index)->word, memory_order_acquire);
    return fate_of_record(s, index, word);
}

/* Add what read finds, as of a moment in which *guard did not change. */
static void add_stable(const struct segment *s, _Atomic uint64_t *guard, uint32_t record,
                       uint32_t first, uint32_t count, struct totals *totals)
{
    struct totals before = *totals;

    for (int round = 0; round < 4; round++) {
        uint64_t word = atomic_load_explicit(guard, memory_order_acquire);

        for (uint32_t i = 0; i < count; i++)
            add_totals(s, segment_shard(s, first + i),
                       count == 2 ? fate_of_record(s, record, word) : fate_of_extra(s, word),
                       totals);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(guard, memory_order_relaxed) == word)
            return;
        if (round < 3)
            *totals = before;
    }
}

void tally_totals(const struct segment *s, struct totals *totals)
{
    memset(totals, 0, sizeof(*totals));
    for (uint32_t r = 0; r < s->geometry.record_count; r++)
        if (record_incarnation(atomic_load_explicit(&segment_record(s, r)->word,
                                                    memory_order_relaxed)) != 0)
            add_stable(s, &segment_record(s, r)->word, r, shard_index_own(r), 2, totals);
    for (uint32_t n = 0; n < EXTRA_SHARDS; n++) {
        uint32_t index = shard_index_extra(s, n);

        add_stable(s, &segment_shard(s, index)->owner, 0, index, 1, totals);
    }
}
