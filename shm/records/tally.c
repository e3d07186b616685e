/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "records/tally.h"

#include "records/fate.h"
#include "records/record.h"
#include "records/shard.h"

#include <string.h>

/* ---- live ----------------------------------------------------------------------------------- */

static inline int64_t type_live(const struct shard_type *type, const _Atomic uint64_t *base)
{
    struct shard_pair pair = shard_read(type);

    return (int64_t)(pair.opened - pair.closed - atomic_load_explicit(base, memory_order_relaxed));
}

/* The visible workers of one word of the live map. */
struct crew {
    uint32_t count;
    uint32_t indices[32];
    uint64_t words[32]; /* the records' */
};

struct sums { /* of these types */
    uint32_t first, end;
    int64_t live[MAX_TYPES];
};

static inline void gather(const struct segment *s, const struct hidden *hidden, uint32_t i,
                          struct crew *crew)
{
    uint32_t count = 0;

    for (uint32_t members = live_members(s, i); members != 0; members &= members - 1) {
        uint32_t index = i * 32 + (uint32_t)__builtin_ctz(members);

        if (unlikely(index >= s->geometry.shape.max_workers))
            break;
        crew->indices[count] = index;
        count += record_visible(s, hidden, index, &crew->words[count]);
    }
    crew->count = count;
}

static void add_shard(const struct segment *s, struct shard *shard, void *arg)
{
    struct sums *sums = arg;

    for (uint32_t t = sums->first; t < sums->end; t++)
        sums->live[t] += type_live(&shard_types(shard)[t], &shard_base(s, shard)[t]);
}

/* What connstat_counts spends its time on: all that the loop takes is in registers. */
static inline void add_own_shard(const struct segment *s, uint32_t index, struct sums *sums)
{
    struct shard *shard = segment_shard(s, shard_index_own(index));
    const struct shard_type *type = &shard_types(shard)[sums->first];
    const _Atomic uint64_t *base = shard_base(s, shard);
    int64_t *live = sums->live;

    for (uint64_t t = sums->first, end = sums->end; t < end; t++, type++)
        live[t] += type_live(type, &base[t]);
}

/* Add the counters of a crew. False: a record changed hands meanwhile, so that what was added is a
 * mixture of two holders', and is to be thrown away. */
static inline bool add_crew(const struct segment *s, const struct crew *crew, struct sums *sums)
{
    uint64_t changed = 0;

    for (uint32_t i = 0; i < crew->count; i++) {
        add_own_shard(s, crew->indices[i], sums);
        if (unlikely(shard_has_further(s, crew->indices[i])))
            shard_for_each_further(s, crew->indices[i], add_shard, sums);
    }
    /* acquire: the counters before the second look at the records */
    atomic_thread_fence(memory_order_acquire);
    for (uint32_t i = 0; i < crew->count; i++)
        changed |= crew->words[i] ^ atomic_load_explicit(&segment_record(s, crew->indices[i])->word,
                                                         memory_order_relaxed);
    return likely(changed == 0);
}

/* Adds one worker, from a look during which its record did not change hands. If the record changed hands
 * at each of four looks, its present holder came after the call had begun, and need not be counted. */
static void add_one(const struct segment *s, const struct hidden *hidden, uint32_t index,
                    struct sums *sums)
{
    struct crew crew = {.count = 1, .indices = {index}};

    for (int round = 0; round < 4; round++) {
        struct sums tried = *sums;

        if (!record_visible(s, hidden, index, &crew.words[0]))
            return;
        if (add_crew(s, &crew, &tried)) {
            *sums = tried;
            return;
        }
    }
}

static seldom void add_singly(const struct segment *s, const struct hidden *hidden,
                              struct sums *sums)
{
    uint32_t words = s->geometry.live_words;
    struct crew crew;

    memset(sums->live, 0, sizeof(sums->live));
    for (uint32_t i = live_next(s, 0, words); i < words; i = live_next(s, i + 1, words)) {
        gather(s, hidden, i, &crew);
        for (uint32_t n = 0; n < crew.count; n++)
            add_one(s, hidden, crew.indices[n], sums);
    }
}

static void sum_workers(const struct segment *s, const struct hidden *hidden, struct sums *sums)
{
    uint32_t words = s->geometry.live_words;
    bool settled = true;
    struct crew crew;

    for (uint32_t t = sums->first; t < sums->end; t++)
        sums->live[t] = 0;
    for (uint32_t i = live_next(s, 0, words); i < words; i = live_next(s, i + 1, words)) {
        gather(s, hidden, i, &crew);
        settled &= add_crew(s, &crew, sums);
    }
    if (unlikely(!settled))
        add_singly(s, hidden, sums);
}

/* One thread may open an entry and another thread close it, each on its own shard. The shards are read one
 * after the other, so we may see only one of the two changes. So a sum may be below 0 or above the
 * capacity for a moment. */
static uint64_t clamp(const struct segment *s, uint32_t type, int64_t live)
{
    if (live < 0)
        return 0;
    return (uint64_t)live < s->geometry.types[type].maximum ? (uint64_t)live
                                                            : s->geometry.types[type].maximum;
}

void tally_live(const struct segment *s, const struct hidden *hidden, uint64_t live[MAX_TYPES])
{
    struct sums sums;

    sums.first = 0;
    sums.end = s->geometry.shape.type_count;
    sum_workers(s, hidden, &sums);
    for (uint32_t t = 0; t < sums.end; t++)
        live[t] = clamp(s, t, sums.live[t]);
}

uint64_t tally_live_type(const struct segment *s, const struct hidden *hidden, uint32_t type)
{
    struct sums sums;

    sums.first = type;
    sums.end = type + 1;
    sum_workers(s, hidden, &sums);
    return clamp(s, type, sums.live[type]);
}

static void add_worker(const struct segment *s, struct shard *shard, void *arg)
{
    struct worker_tally *tally = arg;
    /* opened_before is what earlier holders opened. What they left open is base (added below), so what
     * they closed is opened_before - base. */
    uint64_t before = atomic_load_explicit(&shard->opened_before, memory_order_relaxed);

    tally->opened -= before;
    tally->closed -= before;
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++) {
        uint64_t base = atomic_load_explicit(&shard_base(s, shard)[t], memory_order_relaxed);
        struct shard_pair pair = shard_read(&shard_types(shard)[t]);

        tally->opened += pair.opened;
        tally->closed += pair.closed + base;
        tally->live[t] += (int64_t)(pair.opened - pair.closed - base);
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
        struct shard_pair pair = shard_read(&shard_types(shard)[t]);

        totals->opened[t] += pair.opened;
        totals->closed[t] += fate == FATE_LEFT ? pair.opened - base : pair.closed;
        totals->lost[t] += fate == FATE_DIED ? pair.opened - pair.closed : base;
    }
}

static enum fate fate_of_record(const struct segment *s, const struct hidden *hidden,
                                uint32_t index, uint64_t word)
{
    if (record_state(word) == RECORD_ALIVE)
        return record_is_hidden(hidden, index, word) ? FATE_DIED : FATE_LIVES;
    return record_has_left(s, index, word) ? FATE_LEFT : FATE_DIED;
}

static enum fate fate_of_extra(const struct segment *s, const struct hidden *hidden, uint64_t owner)
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
    return fate_of_record(s, hidden, index, word);
}

/* Add what read finds, as of a moment in which *guard did not change. */
static void add_stable(const struct segment *s, const struct hidden *hidden,
                       _Atomic uint64_t *guard, uint32_t record, uint32_t first, uint32_t count,
                       struct totals *totals)
{
    struct totals before = *totals;

    for (int round = 0; round < 4; round++) {
        uint64_t word = atomic_load_explicit(guard, memory_order_acquire);

        for (uint32_t i = 0; i < count; i++)
            add_totals(s, segment_shard(s, first + i),
                       count == 2 ? fate_of_record(s, hidden, record, word)
                                  : fate_of_extra(s, hidden, word),
                       totals);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(guard, memory_order_relaxed) == word)
            return;
        if (round < 3)
            *totals = before;
    }
}

void tally_totals(const struct segment *s, const struct hidden *hidden, struct totals *totals)
{
    memset(totals, 0, sizeof(*totals));
    for (uint32_t r = 0; r < s->geometry.record_count; r++)
        if (record_incarnation(
                atomic_load_explicit(&segment_record(s, r)->word, memory_order_relaxed)) != 0)
            add_stable(s, hidden, &segment_record(s, r)->word, r, shard_index_own(r), 2, totals);
    for (uint32_t n = 0; n < EXTRA_SHARDS; n++) {
        uint32_t index = shard_index_extra(s, n);

        add_stable(s, hidden, &segment_shard(s, index)->owner, 0, index, 1, totals);
    }
}

static int64_t taken_by(const struct segment *s, uint32_t record, uint32_t first, uint32_t count)
{
    uint64_t word =
        record < s->geometry.record_count
            ? atomic_load_explicit(&segment_record(s, record)->word, memory_order_relaxed)
            : 0;
    int64_t taken = 0;

    /* A record that is FREE or JOINING has no slots, though its counters still say what its last holder
     * had: the next holder settles them while it is JOINING. */
    if (record_state(word) == RECORD_FREE || record_state(word) == RECORD_JOINING)
        return 0;
    for (uint32_t i = first; i < first + count; i++)
        for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
            taken += type_live(&shard_types(segment_shard(s, i))[t],
                               &shard_base(s, segment_shard(s, i))[t]);
    return taken;
}

uint64_t tally_taken(const struct segment *s)
{
    int64_t taken = 0;

    for (uint32_t r = 0; r < s->geometry.record_count; r++)
        taken += taken_by(s, r, shard_index_own(r), 2);
    for (uint32_t n = 0; n < EXTRA_SHARDS; n++) {
        uint32_t index = shard_index_extra(s, n);
        uint64_t owner =
            atomic_load_explicit(&segment_shard(s, index)->owner, memory_order_relaxed);

        if (shard_state(owner) != SHARD_FREE && shard_state(owner) != SHARD_SETTLING)
            taken += taken_by(s, shard_record(owner), index, 1);
    }
    return taken > 0 ? (uint64_t)taken : 0;
}
