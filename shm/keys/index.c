/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "keys/index.h"

#include "slots/slot.h"

#include <errno.h>

#define NEAR_STEPS    4u /* buckets at the beginning of a sequence that are tried first, in order */
#define RANDOM_TRIES  3u /* then in a long chain: buckets tried at random */
#define TRY_SHRINKING 32u /* one removal in so many looks whether the reach is too long */
#define SHRINK_STEPS  16u /* and shortens it by so many steps at most */
#define AHEAD         4u  /* buckets that are fetched before they are needed */

/* ---- where things are ----------------------------------------------------------------------- */

static inline uint32_t bucket_at(uint32_t home, uint64_t step, uint32_t buckets)
{
    return (uint32_t)((home + step * index_stride(home, buckets)) % buckets);
}

static void hash_of_slot(const struct segment *s, uint32_t type, uint32_t slot,
                         struct key_hash *hash)
{
    const struct key_slot *key_slot = segment_key_slot(s, type, slot);
    uint64_t key[2];

    key[0] = atomic_load_explicit(&key_slot->key[0], memory_order_relaxed);
    key[1] = atomic_load_explicit(&key_slot->key[1], memory_order_relaxed);
    index_hash(s, type, (const uint8_t *)key, hash);
}

/* The cell at a place. What a key slot says is checked: NULL where there is no such cell. */
static inline _Atomic uint32_t *cell_at(const struct segment *s, uint32_t type, uint32_t place)
{
    return place_bucket(place) < s->geometry.types[type].key_bucket_count &&
                   place_cell(place) < BUCKET_CELLS
               ? &segment_key_buckets(s, type)[place_bucket(place)].cells[place_cell(place)]
               : NULL;
}

/* ---- inserting ------------------------------------------------------------------------------ */

/* A slot that looks for its cell. */
struct seeker {
    struct key_bucket *buckets;
    struct key_slot *key_slot;
    uint32_t home, count, content;
};

static bool take_any(const struct seeker *seeker, uint32_t number, uint32_t *cell)
{
    struct key_bucket *bucket = &seeker->buckets[number];

    for (uint32_t left = bucket_empty_cells(bucket); left != 0; left &= left - 1) {
        *cell = (uint32_t)__builtin_ctz(left);
        if (likely(bucket_take(bucket, *cell, seeker->content, seeker->key_slot, number)))
            return true;
    }
    return false;
}

/* Takes a cell where many buckets belong to the home (a long chain): first in some of them at random, so
 * that cells of entries that left are used again; then in the last one. */
static bool take_in_chain(const struct seeker *seeker, uint32_t slot, uint32_t reach,
                          uint32_t *step, uint32_t *cell)
{
    for (uint32_t i = 0; i < RANDOM_TRIES; i++) {
        *step = index_any_step(slot, reach + 1);
        if (take_any(seeker, bucket_at(seeker->home, *step, seeker->count), cell))
            return true;
        slot = slot * 0x9e3779b9u + 1;
    }
    *step = reach;
    return take_any(seeker, bucket_at(seeker->home, reach, seeker->count), cell);
}

/* Tries so many buckets in the order of the sequence, from *step on. Moves *step to the one in which it
 * took a cell. */
static bool take_in_order(const struct seeker *seeker, uint32_t *step, uint32_t buckets,
                          uint32_t *cell)
{
    uint32_t stride = index_stride(seeker->home, seeker->count);
    uint32_t bucket = bucket_at(seeker->home, *step, seeker->count);

    for (uint32_t i = 0; i < buckets; i++) {
        if (take_any(seeker, bucket, cell))
            return true;
        bucket = index_bucket_after(bucket, stride, seeker->count);
        *step = *step + 1 < seeker->count ? *step + 1 : 0;
    }
    return false;
}

struct room index_find_room_near(const struct segment *s, uint32_t type,
                                 const struct key_hash *hash, uint32_t place, uint32_t tried)
{
    const struct key_bucket *buckets = segment_key_buckets(s, type);
    uint32_t count = s->geometry.types[type].key_bucket_count;
    uint32_t reach = index_reach(&buckets[hash->home], count);
    struct room room = {.empty = 0};

    for (uint32_t step = 1; step <= reach && step < NEAR_STEPS && room.empty == 0; step++) {
        if (step == tried)
            continue;
        room.step = step;
        room.number = index_near_bucket(hash->home, step, count);
        room.empty = index_empty_cells(buckets, room.number, place);
    }
    return room;
}

int index_insert_further(const struct segment *s, uint32_t type, uint32_t slot,
                         const struct key_hash *hash, uint64_t *where)
{
    struct seeker seeker = {.buckets = segment_key_buckets(s, type),
                            .key_slot = segment_key_slot(s, type, slot),
                            .home = hash->home,
                            .count = s->geometry.types[type].key_bucket_count,
                            .content = hash->tag | (slot + 1)};
    uint32_t reach = index_reach(&seeker.buckets[hash->home], seeker.count), step, cell;
    bool entered = reach > INDEX_DENSE && take_in_chain(&seeker, slot, reach, &step, &cell);

    if (!entered) {
        step = 0;
        entered = take_in_order(&seeker, &step, NEAR_STEPS, &cell);
    }
    if (!entered && reach > NEAR_STEPS)
        step = reach;
    if (!entered && !take_in_order(&seeker, &step, seeker.count, &cell))
        return -ENOSPC;
    reach_cover(&seeker.buckets[hash->home], step);
    *where = (uint64_t)step * BUCKET_CELLS + cell;
    return 0;
}

/* ---- removing ------------------------------------------------------------------------------- */

/* Does the bucket have a cell of an entry whose home this is? */
static bool bucket_has_home(const struct segment *s, uint32_t type, uint32_t number, uint32_t home)
{
    const struct key_bucket *bucket = &segment_key_buckets(s, type)[number];
    uint32_t slot_mask = (1u << s->geometry.types[type].key_cell_bits) - 1;

    for (uint32_t i = 0; i < BUCKET_CELLS; i++) {
        /* seq_cst: with reach_cover's load, and bucket_take's exchange before it */
        uint32_t cell = atomic_load_explicit(&bucket->cells[i], memory_order_seq_cst);
        uint32_t slot = (cell & slot_mask) - 1;
        struct key_hash hash;

        /* This process does not know the slot yet, and cannot read its key. It counts as one of this
         * home: then the reach stays as it is, and one that is too long does no harm. */
        if (slot >= segment_capacity(s, type)) {
            if (slot < s->geometry.types[type].maximum)
                return true;
            continue;
        }
        hash_of_slot(s, type, slot, &hash);
        if (hash.home == home)
            return true;
    }
    return false;
}

/* Does a cell in the bucket look like one of this key? No slot's key is fetched to find out. A cell
 * of another home that looks alike keeps this home's reach from being shortened while it is there.
 */
static inline bool bucket_may_have(const struct segment *s, uint32_t type, uint32_t number,
                                   uint32_t tag)
{
    uint32_t slot_mask = (1u << s->geometry.types[type].key_cell_bits) - 1;

    return tag != 0 && bucket_match(&segment_key_buckets(s, type)[number], tag, ~slot_mask) != 0;
}

/* Shorten the reach of a slot's home by the buckets at its end that hold no cell of the home, a few
 * at a time, in three steps: mark the reach, look at the buckets, exchange the reach. Somebody who
 * enters meanwhile takes the mark away, and the exchange fails. Killed in between, the mark stays
 * until the next one enters or shortens. */
static __attribute__((noinline)) void shrink(const struct segment *s, uint32_t type, uint32_t slot)
{
    uint32_t count = s->geometry.types[type].key_bucket_count, far, from, last;
    _Atomic uint64_t *reach;
    uint64_t seen, marked;
    struct key_hash hash;

    hash_of_slot(s, type, slot, &hash);
    reach = &segment_key_buckets(s, type)[hash.home].reach;
    seen = atomic_load_explicit(reach, memory_order_relaxed);
    from = far = reach_steps(seen) < count ? reach_steps(seen) : count - 1;
    last = bucket_at(hash.home, far, count);
    if (far == 0 || bucket_may_have(s, type, last, hash.tag) ||
        bucket_has_home(s, type, last, hash.home))
        return;
    marked = reach_next(seen, far) | REACH_SHRINKING;
    /* seq_cst: with reach_cover's load */
    if (!atomic_compare_exchange_strong_explicit(reach, &seen, marked, memory_order_seq_cst,
                                                 memory_order_relaxed))
        return;
    while (far > 0 && from - far < SHRINK_STEPS &&
           !bucket_has_home(s, type, bucket_at(hash.home, far, count), hash.home))
        far--;
    /* acq_rel: as in reach_cover */
    atomic_compare_exchange_strong_explicit(reach, &marked, reach_next(marked, far),
                                            memory_order_acq_rel, memory_order_relaxed);
}

/* Chosen by slot and generation: a worker may use the same few slots for ever. */
static inline bool tries_shrinking(const struct segment *s, uint32_t type, uint32_t slot)
{
    uint64_t word = atomic_load_explicit(&segment_words(s, type)[slot], memory_order_relaxed);

    return (slot_generation(word) + slot) % TRY_SHRINKING == 0;
}

void index_remove(const struct segment *s, uint32_t type, uint32_t slot)
{
    struct key_slot *key_slot = segment_key_slot(s, type, slot);
    uint32_t place = index_place(key_slot);
    uint32_t slot_mask = (1u << s->geometry.types[type].key_cell_bits) - 1;
    _Atomic uint32_t *cell;

    cell = cell_at(s, type, place);
    if (unlikely(cell == NULL))
        return;
    if (likely((atomic_load_explicit(cell, memory_order_relaxed) & slot_mask) == slot + 1)) {
        /* A store: only the holder of the slot touches a cell that names it. release: with the
         * exchange of who takes the cell next (bucket_take). */
        atomic_store_explicit(cell, 0, memory_order_release);
        /* Only one removal in TRY_SHRINKING looks whether the reach is too long. One that is too
         * long costs look-ups a few cache lines more, nothing else. */
        if (unlikely(tries_shrinking(s, type, slot)))
            shrink(s, type, slot);
    }
    /* The cell is cleared first, and the slot's note of its place after that: killed in between, the
     * sweeper still finds the cell by the note. The fence keeps the compiler from swapping the two
     * stores; what a killed process has executed is in program order anyway. */
    atomic_signal_fence(memory_order_seq_cst);
    /* This comes before the slot is given back, and the release of its word carries it: the slot's next
     * holder may have no key, and then never writes here. */
    atomic_store_explicit(&key_slot->cell, 0, memory_order_relaxed);
}

/* ---- looking up ----------------------------------------------------------------------------- */

/* Fetches the first buckets before it reads the reach. The reach says how many are needed, but it lies
 * in the first of them, and reading it waits for the memory. */
void index_walk_begin(struct index_walk *walk, const struct segment *s, uint32_t type,
                      const struct key_hash *hash)
{
    const struct type_geometry *g = &s->geometry.types[type];
    uint32_t bucket = hash->home;

    walk->buckets = segment_key_buckets(s, type);
    walk->words = segment_words(s, type);
    walk->key_slots = segment_key_slot(s, type, 0);
    walk->key[0] = hash->key[0];
    walk->key[1] = hash->key[1];
    walk->capacity = segment_capacity(s, type);
    walk->maximum = g->maximum;
    walk->behind = false;
    walk->bucket_count = g->key_bucket_count;
    walk->tag = hash->tag;
    walk->cell_bits = g->key_cell_bits;
    walk->bucket = bucket;
    walk->stride = index_stride(bucket, walk->bucket_count);
    walk->step = 0;
    for (uint32_t ahead = 0; ahead < AHEAD; ahead++) {
        __builtin_prefetch(&walk->buckets[bucket]);
        bucket = index_bucket_after(bucket, walk->stride, walk->bucket_count);
    }
    walk->reach = index_reach(&walk->buckets[hash->home], walk->bucket_count);
}

static inline uint32_t match_bucket(struct index_walk *walk, struct candidate *candidates)
{
    const struct key_bucket *bucket = &walk->buckets[walk->bucket];
    uint32_t slot_mask = (1u << walk->cell_bits) - 1, count = 0;

    for (uint32_t left = bucket_match(bucket, walk->tag, ~slot_mask); left != 0; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        uint32_t cell = atomic_load_explicit(&bucket->cells[i], memory_order_relaxed);
        uint32_t slot = (cell & slot_mask) - 1;

        if (unlikely(slot >= walk->capacity)) {
            /* The cell is empty (it matches where the tag is 0, too), or it names a slot that this
             * process does not know yet. */
            walk->behind |= slot < walk->maximum;
            continue;
        }
        __builtin_prefetch((const void *)&walk->words[slot]);
        __builtin_prefetch((const void *)&walk->key_slots[slot]);
        candidates[count++] =
            (struct candidate){&bucket->cells[i], slot, walk->step * BUCKET_CELLS + i};
    }
    return count;
}

uint32_t index_walk_next(struct index_walk *walk, struct candidate candidates[INDEX_BATCH])
{
    uint32_t count = 0;

    while (walk->step <= walk->reach && count <= INDEX_BATCH - BUCKET_CELLS) {
        if (walk->step + AHEAD <= walk->reach)
            __builtin_prefetch(&walk->buckets[((uint64_t)AHEAD * walk->stride + walk->bucket) %
                                              walk->bucket_count]);
        count += match_bucket(walk, candidates + count);
        walk->step++;
        walk->bucket = index_bucket_after(walk->bucket, walk->stride, walk->bucket_count);
    }
    /* acquire, with bucket_take's release: all cells, empty ones too, are read before what the
     * caller reads next. Weaker, the caller could miss a cell here and then see its slot LIVE, or
     * go live beside it. */
    atomic_thread_fence(memory_order_acquire);
    return count;
}

/* In arithmetic modulo a prime (the extended algorithm of Euclid). */
static uint32_t inverse(uint32_t n, uint32_t prime)
{
    int64_t rest = prime, next_rest = n, factor = 0, next_factor = 1;

    while (next_rest != 0) {
        int64_t quotient = rest / next_rest, swap = next_rest;

        next_rest = rest - quotient * next_rest;
        rest = swap;
        swap = next_factor;
        next_factor = factor - quotient * next_factor;
        factor = swap;
    }
    return (uint32_t)(factor < 0 ? factor + prime : factor);
}

/* At which step of a home's sequence a bucket is: a long chain is checked entry by entry. */
static uint32_t step_of(uint32_t home, uint32_t bucket, uint32_t buckets)
{
    uint64_t distance = bucket >= home ? bucket - home : bucket + buckets - home;

    return (uint32_t)(distance * inverse(index_stride(home, buckets), buckets) % buckets);
}

bool index_finds(const struct segment *s, uint32_t type, uint32_t slot)
{
    const struct key_slot *key_slot = segment_key_slot(s, type, slot);
    uint32_t place = index_place(key_slot);
    uint32_t count = s->geometry.types[type].key_bucket_count;
    const _Atomic uint32_t *cell = cell_at(s, type, place);
    struct key_hash hash;

    /* relaxed: the word was seen LIVE by an acquire, after its cell and its reach */
    hash_of_slot(s, type, slot, &hash);
    return cell != NULL &&
           atomic_load_explicit(cell, memory_order_relaxed) == (hash.tag | (slot + 1)) &&
           step_of(hash.home, place_bucket(place), count) <=
               index_reach(&segment_key_buckets(s, type)[hash.home], count);
}
