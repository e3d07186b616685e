/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "index.h"

#include "siphash.h"
#include "slot.h"

#include <errno.h>
#include <string.h>

#define CELLS         INDEX_BUCKET_CELLS
#define DENSE_REACH   4u  /* so far, an empty cell is looked for in order */
#define RANDOM_TRIES  3u  /* beyond, at random first */
#define TRY_SHRINKING 8u  /* one removal in so many looks whether the reach is too long */
#define SHRINK_STEPS  16u /* and takes it back so far at most */
#define REACH_BITS    24u
#define REACH_MASK    ((UINT64_C(1) << REACH_BITS) - 1)

/* ---- where things are ----------------------------------------------------------------------- */

void index_hash(const struct segment *s, uint32_t type, const uint8_t key[16],
                struct key_hash *hash)
{
    memcpy(hash->key, key, 16);
    hash->hash = (uint32_t)(siphash_two_words(segment_header(s)->key_secret, hash->key) >> 32);
    hash->home = hash->hash & (s->geometry.types[type].key_homes - 1);
}

/* The bucket step steps along a home's sequence. The stride is odd and the buckets are a power of
 * two, so the sequence comes by each bucket once; it is the home's own, so that homes that meet in
 * one bucket part again. */
static inline uint32_t stride_of(uint32_t home)
{
    return (home * 0x9e3779b9u >> 7) | 1;
}

static inline uint32_t bucket_at(const struct segment *s, uint32_t type, uint32_t home,
                                 uint32_t step)
{
    return (2 * home + step * stride_of(home)) & (s->geometry.types[type].key_buckets - 1);
}

/* The first two buckets, and the reach, which is needed where the first one is full. */
void index_prefetch(const struct segment *s, uint32_t type, const struct key_hash *hash)
{
    const _Atomic uint64_t *cells = segment_key_cells(s, type);
    uint64_t first = bucket_at(s, type, hash->home, 0);
    uint64_t second = bucket_at(s, type, hash->home, 1);

    __builtin_prefetch((const void *)&cells[first * CELLS], 1);
    __builtin_prefetch((const void *)&cells[second * CELLS], 1);
    __builtin_prefetch((const void *)&segment_key_reach(s, type)[hash->home], 1);
}

/* ---- inserting ------------------------------------------------------------------------------ */

/* A bit for each empty cell of a bucket. Without a branch for each: where the first one is cannot
 * be foreseen. */
static inline uint32_t empty_cells(const _Atomic uint64_t *cells)
{
    uint32_t empty = 0;

#pragma GCC unroll 8
    for (uint32_t i = 0; i < CELLS; i++)
        empty |= (uint32_t)(atomic_load_explicit(&cells[i], memory_order_relaxed) == 0) << i;
    return empty;
}

/* A slot that looks for its cell. */
struct seeker {
    const struct segment *segment;
    uint32_t type, slot;
    struct key_slot *key_slot;
    const struct key_hash *hash;
};

static inline bool take_cell(const struct seeker *seeker, uint32_t step, uint64_t *where)
{
    const struct segment *s = seeker->segment;
    uint32_t bucket = bucket_at(s, seeker->type, seeker->hash->home, step);
    _Atomic uint64_t *cells = segment_key_cells(s, seeker->type) + (uint64_t)bucket * CELLS;

    for (uint32_t left = empty_cells(cells); left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        uint64_t empty = 0;

        /* Where it will be, before it is: killed in between, the sweeper finds a cell that is not
         * this slot's, and leaves it alone. */
        atomic_store_explicit(&seeker->key_slot->cell, bucket * CELLS + i + 1,
                              memory_order_relaxed);
        /* release: key and place come first. acquire: with the store that cleared the cell. */
        if (likely(atomic_compare_exchange_strong_explicit(
                &cells[i], &empty, index_cell(seeker->hash->hash, seeker->slot),
                memory_order_acq_rel, memory_order_relaxed))) {
            *where = (uint64_t)step * CELLS + i;
            return true;
        }
    }
    return false;
}

/* An exchange also where the reach suffices: its new version makes a shrinking fail that looked
 * before our cell was there. The first bucket needs none: no reach ends before it. */
static void cover(const struct segment *s, uint32_t type, uint32_t home, uint32_t step)
{
    _Atomic uint64_t *reach = &segment_key_reach(s, type)[home];
    uint64_t seen, next;

    if (likely(step == 0))
        return;
    seen = atomic_load_explicit(reach, memory_order_relaxed);
    do {
        uint64_t far = seen & REACH_MASK;

        next = ((seen >> REACH_BITS) + 1) << REACH_BITS | (step > far ? step : far);
    } while (!atomic_compare_exchange_weak_explicit(reach, &seen, next, memory_order_acq_rel,
                                                    memory_order_relaxed));
}

static uint32_t reach_of(const struct segment *s, uint32_t type, uint32_t home)
{
    /* acquire: with cover's release: the cells within the reach are seen */
    uint64_t reach = atomic_load_explicit(&segment_key_reach(s, type)[home], memory_order_acquire);
    uint64_t last = s->geometry.types[type].key_buckets - 1;

    return (uint32_t)((reach & REACH_MASK) < last ? reach & REACH_MASK : last);
}

/* Where the first bucket is full: near the beginning in order, in a long chain at random, so that
 * the places of those who left are found again; then wherever there is room. */
static __attribute__((noinline)) bool find_cell_further(const struct seeker *seeker, uint32_t *step,
                                                        uint64_t *where)
{
    const struct segment *s = seeker->segment;
    uint32_t reach = reach_of(s, seeker->type, seeker->hash->home), from = 1;
    uint32_t buckets = s->geometry.types[seeker->type].key_buckets;
    uint64_t random =
        ((uint64_t)seeker->hash->hash << 32 | seeker->slot) * UINT64_C(0x9e3779b97f4a7c15);

    if (reach >= DENSE_REACH) {
        for (uint32_t i = 0; i < RANDOM_TRIES; i++) {
            random ^= random >> 29;
            random *= UINT64_C(0xbf58476d1ce4e5b9);
            *step = (uint32_t)((random >> 32) * (reach + 1) >> 32);
            if (take_cell(seeker, *step, where))
                return true;
        }
        from = reach;
    }
    for (uint32_t i = 0; i < buckets; i++) {
        *step = (from + i) % buckets;
        if (take_cell(seeker, *step, where))
            return true;
    }
    return false;
}

int index_insert(const struct segment *s, uint32_t type, uint32_t slot,
                 const struct key_hash *hash, uint64_t *where)
{
    struct seeker seeker = {s, type, slot, segment_key_slot(s, type, slot), hash};
    uint32_t step = 0;

    if (likely(take_cell(&seeker, 0, where)))
        return 0;
    if (!find_cell_further(&seeker, &step, where))
        return -ENOSPC;
    cover(s, type, hash->home, step);
    return 0;
}

/* ---- removing ------------------------------------------------------------------------------- */

static bool bucket_has_home(const struct segment *s, uint32_t type, uint32_t home, uint32_t step)
{
    uint32_t bucket = bucket_at(s, type, home, step), mask = s->geometry.types[type].key_homes - 1;
    _Atomic uint64_t *cells = segment_key_cells(s, type) + (uint64_t)bucket * CELLS;
    bool has = false;

#pragma GCC unroll 8
    for (uint32_t i = 0; i < CELLS; i++) { /* no branch: as in empty_cells */
        uint64_t cell = atomic_load_explicit(&cells[i], memory_order_relaxed);

        has |= (cell != 0) & (((uint32_t)(cell >> 32) & mask) == home);
    }
    return has;
}

/* The last of a bucket at the end of the reach has gone: take the reach back over empty buckets, a
 * few at a time. */
static void shrink(const struct segment *s, uint32_t type, uint32_t home)
{
    _Atomic uint64_t *reach = &segment_key_reach(s, type)[home];
    /* acquire: the cells of all who covered theirs before this version are seen */
    uint64_t seen = atomic_load_explicit(reach, memory_order_acquire);
    uint32_t far = (uint32_t)(seen & REACH_MASK), from = far;

    for (uint32_t i = 0; i < SHRINK_STEPS && far > 0; i++, far--)
        if (bucket_has_home(s, type, home, far))
            break;
    if (far != from)
        atomic_compare_exchange_strong_explicit(
            reach, &seen, ((seen >> REACH_BITS) + 1) << REACH_BITS | far, memory_order_acq_rel,
            memory_order_relaxed);
}

void index_remove(const struct segment *s, uint32_t type, uint32_t slot)
{
    struct key_slot *key_slot = segment_key_slot(s, type, slot);
    uint32_t place = atomic_load_explicit(&key_slot->cell, memory_order_relaxed) - 1;
    _Atomic uint64_t *cell;
    uint64_t seen;

    if (place >= s->geometry.types[type].key_buckets * CELLS)
        return;
    cell = &segment_key_cells(s, type)[place];
    seen = atomic_load_explicit(cell, memory_order_relaxed);
    if ((uint32_t)seen == slot + 1) {
        uint32_t home = (uint32_t)(seen >> 32) & (s->geometry.types[type].key_homes - 1);

        /* A store: only the holder of the slot touches a cell that names it. */
        atomic_store_explicit(cell, 0, memory_order_release);
        /* Some try, wherever they were: a reach that stays long for a while costs a look-up a few
         * lines, and what one misses another makes up for. */
        if (unlikely(slot % TRY_SHRINKING == 0))
            shrink(s, type, home);
    }
    /* Before the slot is given back (released by its word): its next holder may have no key. */
    atomic_store_explicit(&key_slot->cell, 0, memory_order_relaxed);
}

/* ---- looking up ----------------------------------------------------------------------------- */

/* ahead: buckets along the sequence. Always inline: gcc drops a call that only prefetches. */
static inline __attribute__((always_inline)) void fetch_bucket(const struct index_walk *walk,
                                                               uint32_t ahead)
{
    uint64_t bucket = (walk->bucket + ahead * walk->stride) & walk->last_bucket;

    __builtin_prefetch((const void *)&walk->cells[bucket * CELLS]);
}

/* The first buckets are on their way before the reach says how many are needed: it is a cache miss
 * itself. */
void index_walk_begin(struct index_walk *walk, const struct segment *s, uint32_t type,
                      const struct key_hash *hash)
{
    walk->cells = segment_key_cells(s, type);
    walk->words = segment_words(s, type);
    walk->key_slots = segment_key_slot(s, type, 0);
    walk->key[0] = hash->key[0];
    walk->key[1] = hash->key[1];
    walk->capacity = s->geometry.types[type].capacity;
    walk->last_bucket = s->geometry.types[type].key_buckets - 1;
    walk->hash = hash->hash;
    walk->bucket = bucket_at(s, type, hash->home, 0);
    walk->stride = stride_of(hash->home);
    walk->step = 0;
    for (uint32_t ahead = 0; ahead < DENSE_REACH; ahead++)
        fetch_bucket(walk, ahead);
    walk->reach = reach_of(s, type, hash->home);
}

static inline uint32_t match_bucket(const struct index_walk *walk, struct candidate *candidates)
{
    const _Atomic uint64_t *cells = &walk->cells[(uint64_t)walk->bucket * CELLS];
    uint32_t count = 0;

    for (uint32_t i = 0; i < CELLS; i++) {
        /* acquire: with take_cell: the slot's key is written */
        uint64_t cell = atomic_load_explicit(&cells[i], memory_order_acquire);
        uint32_t slot = (uint32_t)cell - 1;

        /* An empty cell names slot -1. */
        if (cell >> 32 != walk->hash || slot >= walk->capacity)
            continue;
        __builtin_prefetch((const void *)&walk->words[slot]);
        __builtin_prefetch((const void *)&walk->key_slots[slot]);
        candidates[count].slot = slot;
        candidates[count].cell = &cells[i];
        candidates[count++].where = (uint64_t)walk->step * CELLS + i;
    }
    return count;
}

uint32_t index_walk_next(struct index_walk *walk, struct candidate candidates[INDEX_BATCH])
{
    uint32_t count = 0;

    while (walk->step <= walk->reach && count <= INDEX_BATCH - CELLS) {
        if (walk->step + DENSE_REACH <= walk->reach)
            fetch_bucket(walk, DENSE_REACH);
        count += match_bucket(walk, candidates + count);
        walk->step++;
        walk->bucket = (walk->bucket + walk->stride) & walk->last_bucket;
    }
    return count;
}

bool index_finds(const struct segment *s, uint32_t type, uint32_t slot)
{
    const struct key_slot *key_slot = segment_key_slot(s, type, slot);
    uint64_t place = (uint64_t)atomic_load_explicit(&key_slot->cell, memory_order_relaxed) - 1;
    uint32_t buckets = s->geometry.types[type].key_buckets, reach;
    uint64_t key[2];
    struct key_hash hash;

    key[0] = atomic_load_explicit(&key_slot->key[0], memory_order_relaxed);
    key[1] = atomic_load_explicit(&key_slot->key[1], memory_order_relaxed);
    index_hash(s, type, (const uint8_t *)key, &hash);
    if (place >= (uint64_t)buckets * CELLS ||
        atomic_load_explicit(&segment_key_cells(s, type)[place], memory_order_acquire) !=
            index_cell(hash.hash, slot))
        return false;
    reach = reach_of(s, type, hash.home);
    for (uint32_t step = 0; step <= reach; step++)
        if (bucket_at(s, type, hash.home, step) == place / CELLS)
            return true;
    return false;
}
