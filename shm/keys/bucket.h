/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One bucket of the index of keys: how a cell is taken, and how the reach of the home that begins
 * here grows.
 */
#ifndef SHM_BUCKET_H
#define SHM_BUCKET_H

#include "block.h"
#include "segment.h"

/* Which cells of the bucket match: bit i is set if (cell i & mask) == content. There is no branch for
 * each cell, because a processor cannot foresee which ones match. All loads are relaxed. On x86
 * four cells are loaded at once, since every x86 reads an aligned cell whole, also as a part of a
 * longer load. To a compiler that is a plain load of shared memory; so under a sanitizer, and on
 * other processors, the cells are loaded one by one. */
static inline uint32_t bucket_match(const struct key_bucket *bucket, uint32_t content,
                                    uint32_t mask)
{
#if BLOCK_PEEKS && defined __SSE2__
    typedef uint32_t cells __attribute__((vector_size(BLOCK)));
    typedef int16_t halves __attribute__((vector_size(BLOCK)));
    typedef int32_t words __attribute__((vector_size(BLOCK)));
    cells contents = {content, content, content, content}, masks = {mask, mask, mask, mask};
    const char *line = (const char *)bucket; /* the reach is its first two cells */
    words match[4];
    halves low, high;

    for (int i = 0; i < 4; i++)
        match[i] = (words)(((cells)block_load(line + i * BLOCK) & masks) == contents);
    low = __builtin_ia32_packssdw128(match[0], match[1]);
    high = __builtin_ia32_packssdw128(match[2], match[3]);
    return block_highs((block)__builtin_ia32_packsswb128(low, high)) >> 2;
#else
    uint32_t matches = 0;

#pragma GCC unroll 14
    for (uint32_t i = 0; i < BUCKET_CELLS; i++) {
        uint32_t cell = atomic_load_explicit(&bucket->cells[i], memory_order_relaxed);

        matches |= (uint32_t)((cell & mask) == content) << i;
    }
    return matches;
#endif
}

static inline uint32_t bucket_empty_cells(const struct key_bucket *bucket)
{
    return bucket_match(bucket, 0, UINT32_MAX);
}

#define PLACE_BITS 4u /* a place: the number of a bucket, and of a cell in it */
static_assert(BUCKET_CELLS <= 1u << PLACE_BITS, "a cell fits a place");
static_assert(MAX_CAPACITY / 2 < UINT32_MAX >> PLACE_BITS,
              "a bucket fits a place, of twice as many");

static inline uint32_t place_of(uint32_t bucket, uint32_t cell)
{
    return bucket << PLACE_BITS | cell;
}

static inline uint32_t place_bucket(uint32_t place)
{
    return place >> PLACE_BITS;
}

static inline uint32_t place_cell(uint32_t place)
{
    return place & ((1u << PLACE_BITS) - 1);
}

/* Takes an empty cell of the bucket for a slot: writes content into the cell. number: the bucket's. False:
 * the cell was not empty any more. */
static inline bool bucket_take(struct key_bucket *bucket, uint32_t cell, uint32_t content,
                               struct key_slot *key_slot, uint32_t number)
{
    uint32_t empty = 0;

    /* The slot's place is written before the cell is taken. Killed in between, the sweeper looks at
     * that cell, finds that it does not name the slot, and does not touch it. */
    atomic_store_explicit(&key_slot->cell, place_of(number, cell) + 1, memory_order_relaxed);
    /* release: key and place come first. acquire: with the store that cleared the cell. seq_cst:
     * with reach_cover's load, which follows. */
    return atomic_compare_exchange_strong_explicit(&bucket->cells[cell], &empty, content,
                                                   memory_order_seq_cst, memory_order_relaxed);
}

/* ---- the reach ------------------------------------------------------------------------------ */

/* A reach, from its lowest bit on: a number of steps; a mark, which says that somebody looks whether
 * these are too many; a version, which each change raises. */
#define REACH_STEP_BITS 25u
#define REACH_SHRINKING (UINT64_C(1) << REACH_STEP_BITS)
#define REACH_VERSION   (REACH_SHRINKING << 1)
static_assert(MAX_CAPACITY / 2 < REACH_SHRINKING, "a step fits a reach, of twice as many buckets");

static inline uint32_t reach_steps(uint64_t reach)
{
    return (uint32_t)(reach & (REACH_SHRINKING - 1));
}

static inline uint64_t reach_next(uint64_t reach, uint32_t steps)
{
    return reach / REACH_VERSION * REACH_VERSION + REACH_VERSION + steps;
}

/* Makes the reach cover a cell that was taken at step. Called before the cell's entry goes live. After
 * it, nobody can shorten the reach who looked at the bucket before the cell was taken. */
static inline void reach_cover(struct key_bucket *home, uint32_t step)
{
    /* seq_cst, after bucket_take's exchange. Partners: the two seq_cst accesses of shrink
     * (index.c). Weaker, shrink could miss our cell while we miss its mark, and the reach would end
     * before a living entry. */
    uint64_t seen = atomic_load_explicit(&home->reach, memory_order_seq_cst), next;

    while (unlikely(reach_steps(seen) < step || (seen & REACH_SHRINKING))) {
        next = reach_next(seen, step > reach_steps(seen) ? step : reach_steps(seen));
        /* release, with index_reach's acquire: who reads this reach sees our cell. acquire: we read a
         * reach that others have stored, and so see their cells; whoever acquires ours sees theirs,
         * too. */
        if (atomic_compare_exchange_weak_explicit(&home->reach, &seen, next, memory_order_acq_rel,
                                                  memory_order_relaxed))
            break;
    }
}

#endif
