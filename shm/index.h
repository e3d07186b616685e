/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys: which slots of a type have this key. No lock, no chain, no tombstone.
 *
 * A key hashes (SipHash, with a secret of the segment) to one of many homes. A home has a sequence
 * of buckets, each a cache line of eight cells that all homes share, and a reach: how far along its
 * sequence its cells lie. A cell names a slot and 32 bits of the hash. The slot's word stays the
 * only truth: a cell is a hint that is verified against word and key, and
 *   - an entry is LIVE only after its cell is in place and its home's reach covers it;
 *   - a cell is cleared before its slot gets another key, or is given to everybody, by whoever
 *     holds the slot: who took it parked, or the sweeper that adopted it. Where the cell is stands
 *     in the slot's key_slot before the cell is taken, so that it is found after a kill at any
 *     instruction;
 *   - a reach shrinks by an exchange that fails if anybody of that home inserted meanwhile.
 * So a look-up misses no entry that lives all the while, and nobody waits for anybody.
 *
 * A long chain of one key spreads over its sequence, about seven to a line, and costs others
 * little: the buckets are twice as many as a full table needs.
 */
#ifndef SHM_INDEX_H
#define SHM_INDEX_H

#include "table.h"

#define INDEX_BUCKET_CELLS 8u /* one cache line */

struct key_hash {
    uint64_t key[2];
    uint32_t hash, home;
};

void index_hash(const struct segment *s, uint32_t type, const uint8_t key[16],
                struct key_hash *hash);

/* The byte range that must be there before the index of a type is used. */
static inline uint64_t index_begin(const struct segment *s, uint32_t type)
{
    return s->geometry.types[type].key_reach;
}

/* Fetch what entering a key will write. */
void index_prefetch(const struct segment *s, uint32_t type, const struct key_hash *hash);

/* Fetch the cell that a slot has. */
static inline __attribute__((always_inline)) void
index_prefetch_cell(const struct segment *s, uint32_t type, const struct key_slot *key_slot)
{
    uint32_t place = atomic_load_explicit(&key_slot->cell, memory_order_relaxed) - 1;

    /* A prefetch of what is not there does nothing. */
    __builtin_prefetch((const void *)&segment_key_cells(s, type)[place], 1);
}

/* The key of a slot that the caller has claimed. */
static inline void index_set_key(struct key_slot *key_slot, const struct key_hash *hash)
{
    /* relaxed: the release of the cell's CAS, or of slot_settle, carries them */
    atomic_store_explicit(&key_slot->key[0], hash->key[0], memory_order_relaxed);
    atomic_store_explicit(&key_slot->key[1], hash->key[1], memory_order_relaxed);
}

/* Enter a slot that the caller has claimed, keyed, with its key set. Where is the position in the
 * order of the home's sequence. Returns 0, or -ENOSPC (never in an undamaged segment). */
int index_insert(const struct segment *s, uint32_t type, uint32_t slot,
                 const struct key_hash *hash, uint64_t *where);

/* Take a slot's cell out, if it has one. By the holder of the slot, while it is RELEASING. */
void index_remove(const struct segment *s, uint32_t type, uint32_t slot);

/* A cell that may be of the key: its slot, and where it is. */
struct candidate {
    uint32_t slot;
    uint64_t where;
    const _Atomic uint64_t *cell;
};

struct index_walk { /* along a home's sequence */
    const _Atomic uint64_t *cells, *words;
    const struct key_slot *key_slots;
    uint64_t key[2];
    uint32_t capacity, last_bucket; /* buckets - 1: a mask */
    uint32_t hash, bucket, stride;  /* bucket: the first cell's of step */
    uint32_t step, reach;
};

void index_walk_begin(struct index_walk *walk, const struct segment *s, uint32_t type,
                      const struct key_hash *hash);

static inline bool index_walk_ended(const struct index_walk *walk)
{
    return walk->step > walk->reach;
}

static inline uint64_t index_cell(uint32_t hash, uint32_t slot)
{
    return (uint64_t)hash << 32 | (slot + 1);
}

/* Is the candidate's slot in its cell still, or again? If its word was seen before, and has not
 * changed, then the key that is read after this is the key that it was entered with. */
static inline bool index_still_names(const struct index_walk *walk,
                                     const struct candidate *candidate)
{
    /* acquire: with take_cell: the slot's key is written */
    return atomic_load_explicit(candidate->cell, memory_order_acquire) ==
           index_cell(walk->hash, candidate->slot);
}

/* The next candidates, at most INDEX_BATCH of them, fetched ahead. */
#define INDEX_BATCH 64u
uint32_t index_walk_next(struct index_walk *walk, struct candidate candidates[INDEX_BATCH]);

/* Has the slot this key, while its word is word? */
static inline bool index_key_is(const struct segment *s, uint32_t type, uint32_t slot,
                                const uint64_t key[2])
{
    const struct key_slot *key_slot = segment_key_slot(s, type, slot);

    return atomic_load_explicit(&key_slot->key[0], memory_order_relaxed) == key[0] &&
           atomic_load_explicit(&key_slot->key[1], memory_order_relaxed) == key[1];
}

/* Live entries with this key. */
uint64_t index_count(const struct segment *s, const struct hidden *hidden, uint32_t type,
                     const struct key_hash *hash);

/* For check.h: is the slot found under the key that stands in its key slot? Its cell names it, and
 * the reach of the key's home covers the cell. */
bool index_finds(const struct segment *s, uint32_t type, uint32_t slot);

enum index_verdict { INDEX_GOES_LIVE, INDEX_WITHDRAWS };

/* A registration under a limit, its slot PENDING as word and its cell at where: may it go live?
 * Aborts others that come after it, as far as it must. If it may, its slot is LIVE when this
 * returns. */
enum index_verdict index_decide(const struct segment *s, uint32_t type, uint32_t slot,
                                uint64_t word, const struct key_hash *hash, uint64_t where,
                                uint32_t limit);

#endif
