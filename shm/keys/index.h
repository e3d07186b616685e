/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys: which slots of a type have this key. No lock, no chain, no tombstone.
 *
 * A key hashes (SipHash, with a secret of the segment) to a home. A home has a sequence of all
 * buckets, each a cache line of cells that all homes share, and a reach: how far along its sequence
 * its cells lie. A cell names a slot and a few bits of the hash. The slot's word stays the only
 * truth: a cell is a hint that is verified against word and key, and
 *   - an entry is LIVE only after its cell is in place and its home's reach covers it;
 *   - a cell is cleared before its slot gets another key, or is given to everybody, by whoever
 *     holds the slot: who took it parked, or the sweeper that adopted it. Where the cell is stands
 *     in the slot's key_slot before the cell is taken, so that it is found after a kill at any
 *     instruction;
 *   - a reach is marked before the cells at its end are looked at, and shrinks by an exchange that
 *     fails if somebody of that home entered meanwhile, and took the mark away.
 * So a look-up misses no entry that lives all the while, and nobody waits for anybody.
 *
 * A long chain of one key spreads over its sequence and costs others little: there are three and a
 * half cells for each slot.
 */
#ifndef SHM_INDEX_H
#define SHM_INDEX_H

#include "keys/bucket.h"
#include "keys/siphash.h"
#include "slots/slot.h"
#include "slots/table.h"

#include <string.h>

struct key_hash {
    uint64_t key[2];
    uint32_t home, tag; /* tag: the upper bits of a cell */
};

/* From 1 to buckets - 1, and the home's own, so that homes that meet in one bucket part again. The
 * buckets are a prime, so any stride comes by each of them once. */
static inline uint32_t index_stride(uint32_t home, uint32_t buckets)
{
    return 1 + (uint32_t)((uint64_t)(home * 0x9e3779b9u) * (buckets - 1) >> 32);
}

static inline uint32_t index_bucket_after(uint32_t bucket, uint32_t stride, uint32_t buckets)
{
    return bucket + stride - (stride < buckets - bucket ? 0 : buckets);
}

static inline void index_hash(const struct segment *s, uint32_t type, const uint8_t key[16],
                              struct key_hash *hash)
{
    const struct type_geometry *g = &s->geometry.types[type];
    uint64_t bits;

    memcpy(hash->key, key, 16);
    bits = siphash_two_words(segment_header(s)->key_secret, hash->key);
    hash->home = (uint32_t)((bits >> 32) * g->key_bucket_count >> 32);
    hash->tag = (uint32_t)bits << g->key_cell_bits;
}

/* ---- changing ------------------------------------------------------------------------------- */

/* Fetch what entering a key will write: its first bucket, or the second. */
static inlined void index_prefetch(const struct segment *s, uint32_t type,
                                   const struct key_hash *hash)
{
    const struct key_bucket *buckets = segment_key_buckets(s, type);
    uint32_t count = s->geometry.types[type].key_bucket_count;

    __builtin_prefetch(&buckets[hash->home], 1);
    __builtin_prefetch(
        &buckets[index_bucket_after(hash->home, index_stride(hash->home, count), count)], 1);
}

/* Where a slot's cell is; UINT32_MAX: it has none. */
static inline uint32_t index_place(const struct key_slot *key_slot)
{
    return atomic_load_explicit(&key_slot->cell, memory_order_relaxed) - 1;
}

/* Fetch the cell that a slot has. */
static inlined void index_prefetch_cell(const struct segment *s, uint32_t type,
                                        const struct key_slot *key_slot)
{
    uint32_t place = index_place(key_slot);

    /* A prefetch of what is not there does nothing. */
    __builtin_prefetch((const void *)&segment_key_buckets(s, type)[place_bucket(place)], 1);
}

/* The key of a slot that the caller has claimed. */
static inline void index_set_key(struct key_slot *key_slot, const struct key_hash *hash)
{
    /* relaxed: the release of the cell's CAS carries them */
    atomic_store_explicit(&key_slot->key[0], hash->key[0], memory_order_relaxed);
    atomic_store_explicit(&key_slot->key[1], hash->key[1], memory_order_relaxed);
}

#define INDEX_DENSE 3u /* up to this reach, it is one of the first four buckets */

/* The bucket at one of the first four steps. Without a division, and without a branch for each. */
static inline uint32_t index_near_bucket(uint32_t home, uint32_t step, uint32_t buckets)
{
    uint64_t bucket = home + (uint64_t)step * index_stride(home, buckets);

    bucket -= bucket < 2 * (uint64_t)buckets ? 0 : 2 * (uint64_t)buckets;
    return (uint32_t)(bucket - (bucket < buckets ? 0 : buckets));
}

/* Chooses one of 0 .. steps - 1 by the slot's number. */
static inline uint32_t index_any_step(uint32_t slot, uint32_t steps)
{
    return (uint32_t)((uint64_t)(slot * 0x9e3779b9u) * steps >> 32);
}

/* A bucket in which a key can be entered: its number, its step in the home's sequence, and a bit for
 * each of its cells that was seen empty. empty 0: no such bucket was found at once. */
struct room {
    uint32_t number, step, empty;
};

/* A bit for each cell of a bucket that is empty, or will be when the caller clears its own old cell, at
 * place. A damaged place sets no bit beyond the bucket's cells. */
static inline uint32_t index_empty_cells(const struct key_bucket *buckets, uint32_t number,
                                         uint32_t place)
{
    uint32_t own = (uint32_t)(place_bucket(place) == number) << place_cell(place);

    return bucket_empty_cells(&buckets[number]) | (own & ((1u << BUCKET_CELLS) - 1));
}

/* The part of index_find_room for a bucket that is full: looks in another one within the reach, as
 * index_insert_further does, but before the old cell is cleared. */
struct room index_find_room_near(const struct segment *s, uint32_t type,
                                 const struct key_hash *hash, uint32_t place, uint32_t tried);

/* Look for room for a slot that the caller has claimed, and whose last entry's cell is still at
 * place. To be called before that cell is cleared, because a processor that loads a whole line
 * right after storing into a part of it waits until the store has left its buffer. */
static inlined struct room index_find_room(const struct segment *s, uint32_t type, uint32_t slot,
                                           const struct key_hash *hash, uint32_t place)
{
    const struct key_bucket *buckets = segment_key_buckets(s, type), *home = &buckets[hash->home];
    uint32_t reach = reach_steps(atomic_load_explicit(&home->reach, memory_order_relaxed));
    struct room room = {.empty = 0};
    bool full = index_empty_cells(buckets, hash->home, place) == 0;

    if (unlikely(full && reach > INDEX_DENSE))
        return room;
    /* If the first bucket has an empty cell, that one is taken: so a reach that has become too long
     * can be shortened. If it has none, one of the others within the reach is chosen by the slot's
     * number, or the second where the reach is 0. Most buckets have an empty cell; a branch for each
     * bucket would cost more than the few that have none. */
    room.step = (1 + index_any_step(slot, reach)) & -(uint32_t)full;
    room.number =
        index_near_bucket(hash->home, room.step, s->geometry.types[type].key_bucket_count);
    room.empty = index_empty_cells(buckets, room.number, place);
    if (unlikely(room.empty == 0))
        return index_find_room_near(s, type, hash, place, room.step);
    return room;
}

/* The part of index_insert for the case that the room which was found is gone: looks anywhere. */
int index_insert_further(const struct segment *s, uint32_t type, uint32_t slot,
                         const struct key_hash *hash, uint64_t *where);

/* Enters a slot into the index, in the bucket that index_find_room found. The caller has claimed the
 * slot, keyed, has set its key, and has cleared the cell of its last entry. *where becomes the
 * cell's position in the order of the home's sequence. Returns 0, or -ENOSPC (never in an undamaged
 * segment). */
static inline int index_insert(const struct segment *s, uint32_t type, uint32_t slot,
                               const struct key_hash *hash, const struct room *room,
                               uint64_t *where)
{
    struct key_bucket *buckets = segment_key_buckets(s, type);
    const _Atomic uint64_t *reach = &buckets[hash->home].reach;

    /* Clearing the old cell may have shortened the reach since the bucket was found. A bucket that now
     * lies beyond it is not used, so that the reach stays short. */
    if (likely(room->empty != 0) &&
        likely(room->step < 2 ||
               room->step <= reach_steps(atomic_load_explicit(reach, memory_order_relaxed)))) {
        uint32_t cell = (uint32_t)__builtin_ctz(room->empty);

        if (likely(bucket_take(&buckets[room->number], cell, hash->tag | (slot + 1),
                               segment_key_slot(s, type, slot), room->number))) {
            reach_cover(&buckets[hash->home], room->step);
            *where = (uint64_t)room->step * BUCKET_CELLS + cell;
            return 0;
        }
    }
    return index_insert_further(s, type, slot, hash, where);
}

/* Take a slot's cell out, if it has one. By the holder of the slot, while it is RELEASING. */
void index_remove(const struct segment *s, uint32_t type, uint32_t slot);

/* ---- looking up ----------------------------------------------------------------------------- */

/* How far along its sequence the cells of a home lie. */
static inline uint32_t index_reach(const struct key_bucket *home, uint32_t buckets)
{
    /* acquire: with reach_cover's release: the cells within the reach are seen */
    uint32_t reach = reach_steps(atomic_load_explicit(&home->reach, memory_order_acquire));

    return reach < buckets ? reach : buckets - 1;
}

/* A cell that may be of the key: its slot, and where it is. */
struct candidate {
    const _Atomic uint32_t *cell;
    uint32_t slot, where;
};

struct index_walk { /* along a home's sequence */
    const struct key_bucket *buckets;
    const _Atomic uint64_t *words;
    const struct key_slot *key_slots;
    uint64_t key[2];
    uint32_t capacity, maximum, bucket_count;
    uint32_t tag, cell_bits;
    uint32_t bucket, stride; /* bucket: of step */
    uint32_t step, reach;
    bool behind; /* a cell may be of the key whose slot this process does not know yet */
};

void index_walk_begin(struct index_walk *walk, const struct segment *s, uint32_t type,
                      const struct key_hash *hash);

static inline bool index_walk_ended(const struct index_walk *walk)
{
    return walk->step > walk->reach;
}

/* The next candidates, at most INDEX_BATCH of them. Their words and keys are being fetched. */
#define INDEX_BATCH 64u
uint32_t index_walk_next(struct index_walk *walk, struct candidate candidates[INDEX_BATCH]);

/* Does the cell name the candidate's slot still, or again? If the slot's word was read before this
 * call, and is the same after it, then the entry was entered with this cell, and has no other. */
static inline bool index_still_names(const struct index_walk *walk,
                                     const struct candidate *candidate)
{
    /* acquire: with bucket_take: the slot's key is written */
    return atomic_load_explicit(candidate->cell, memory_order_acquire) ==
           (walk->tag | (candidate->slot + 1));
}

/* Is this the slot's key? To be called after index_still_names, and before the word is read again.
 */
static inline bool key_slot_has(const struct key_slot *key_slot, const uint64_t key[2])
{
    return atomic_load_explicit(&key_slot->key[0], memory_order_relaxed) == key[0] &&
           atomic_load_explicit(&key_slot->key[1], memory_order_relaxed) == key[1];
}

/* Live entries with this key. */
uint64_t index_count(const struct segment *s, const struct hidden *hidden, uint32_t type,
                     const struct key_hash *hash);

/* An upper bound of the entries and PENDING registrations with this key: the cells whose bits of
 * the hash match. No slot is looked at. */
uint64_t index_cells(const struct segment *s, uint32_t type, const struct key_hash *hash);

/* How many entries live under this key and how many registrations under it are PENDING, together.
 * *behind becomes true if there may be more, in slots that this process does not know. */
uint64_t index_contenders(const struct segment *s, uint32_t type, const struct key_hash *hash,
                          bool *behind);

/* For check.h: is the slot found under the key that stands in its key slot? Its cell names it, and
 * the reach of the key's home covers the cell. */
bool index_finds(const struct segment *s, uint32_t type, uint32_t slot);

enum index_verdict {
    INDEX_GOES_LIVE,
    INDEX_WITHDRAWS,
    INDEX_BEHIND, /* still PENDING: some of those to be counted are of slots that this process does
                   * not know. Follow the growth log, and decide again */
};

#define PENDING_MAX 512u /* rivals that one looks at: more are taken to stand before it */

struct rival {
    uint32_t slot;
    uint64_t word;
};

struct contender { /* a registration under a limit */
    uint32_t slot, limit;
    uint64_t word;  /* its slot's, PENDING */
    uint64_t where; /* its cell's position in the home's sequence */
    /* The PARKED_SLOTS slots that its thread parked last, some of them with a cell, some without. The
     * word is 0 where there were fewer. */
    const struct parked *parked;
    struct rival *rivals; /* room for PENDING_MAX: 8 KB, which no small stack has */
};

/* A registration whose cell is in place: may it go live? If so, its slot is LIVE when this returns,
 * and as many of the later ones as have no place any more are aborted. */
enum index_verdict index_decide(const struct segment *s, uint32_t type, const struct key_hash *hash,
                                const struct contender *me);

#endif
