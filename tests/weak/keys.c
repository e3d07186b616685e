/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys: entries that come and go under one key, beside who counts them; and
 * registrations that race for a limit. Each thread has slots of its own, by its record.
 */
#include "scenarios.h"
#include "world.h"

#include "keys/index.h"

enum { SLOTS = 8 };

static struct key_hash key, other;

static void make(void)
{
    uint8_t bytes[16] = {1};

    world_make(SLOTS);
    for (uint32_t i = 0; i < WORKERS; i++)
        world_join(i);
    index_hash(&world, 0, bytes, &key);
    do
        bytes[1]++, index_hash(&world, 0, bytes, &other);
    while (other.home == key.home || other.tag == key.tag);
}

static _Atomic uint64_t *word_of(uint32_t slot)
{
    return &segment_words(&world, 0)[slot];
}

/* As try_register of lib/register_key.c, up to going live. Returns its word, CLAIMED. */
static uint64_t enter(uint32_t me, uint32_t slot, const struct key_hash *hash, uint64_t *where)
{
    struct key_slot *key_slot = segment_key_slot(&world, 0, slot);
    uint64_t claimed, seen = atomic_load_explicit(word_of(slot), memory_order_relaxed);
    struct room room;

    if (slot_state(seen) != SLOT_FREE && slot_state(seen) != SLOT_PARKED)
        return 0;
    if (!slot_claim(word_of(slot), seen, slot_word(SLOT_CLAIMED, me, 0) | SLOT_KEYED, &claimed))
        return 0;
    room = index_find_room(&world, 0, slot, hash, index_place(key_slot));
    if (slot_state(claimed) == SLOT_RELEASING)
        index_remove(&world, 0, slot);
    slot_begin_payload();
    index_set_key(key_slot, hash);
    EXPECT(index_insert(&world, 0, slot, hash, &room, where) == 0);
    world_fill(0, slot, slot_generation(claimed));
    return slot_become(claimed, SLOT_CLAIMED);
}

static void register_in(uint32_t me, uint32_t slot, const struct key_hash *hash)
{
    uint64_t where, claimed = enter(me, slot, hash, &where);

    if (claimed != 0)
        slot_publish(word_of(slot), claimed);
}

static void unregister(uint32_t slot, bool parks)
{
    uint64_t live = atomic_load_explicit(word_of(slot), memory_order_relaxed), releasing;

    if (parks) {
        EXPECT(slot_retract(word_of(slot), live, slot_become(live, SLOT_PARKED)));
        return;
    }
    releasing = slot_become(live, SLOT_RELEASING);
    EXPECT(slot_retract(word_of(slot), live, releasing));
    index_remove(&world, 0, slot);
    slot_free(word_of(slot), segment_taken(&world, 0), slot, releasing);
}

/* Fill the cells of the key's home, but for so many, with some of a slot that nobody has. */
static void leave_empty(uint32_t step, unsigned cells)
{
    uint32_t count = world.geometry.types[0].key_bucket_count;
    struct key_bucket *bucket =
        &segment_key_buckets(&world, 0)[index_near_bucket(key.home, step, count)];

    for (unsigned i = cells; i < BUCKET_CELLS; i++)
        atomic_store_explicit(&bucket->cells[i], ~key.tag | 15, memory_order_relaxed);
}

/* ---- who lives all the while is found --------------------------------------------------------- */

/* The home has room for one, the next bucket for the others: slot 0 has the one, 1 and 2 are
 * behind. When 2 leaves, the reach is too long; when 1 leaves as well, by two. The generations are
 * such that a removal looks (TRY_SHRINKING). */
static void setup_chain(void)
{
    make();
    leave_empty(0, 1);
    leave_empty(1, 1);
    leave_empty(2, 1);
    for (uint32_t slot = 0; slot < 3; slot++)
        atomic_store_explicit(word_of(slot), slot_word(SLOT_FREE, 0, 31 - slot),
                              memory_order_relaxed);
    for (uint32_t slot = 3; slot < SLOTS; slot++)
        atomic_store_explicit(word_of(slot), slot_word(SLOT_FREE, 0, 31 - slot),
                              memory_order_relaxed);
    for (uint32_t slot = 0; slot < 3; slot++)
        register_in(0, slot, &key);
}

static void leaves_the_end(void)
{
    unregister(2, false);
    unregister(1, false);
}

static uint64_t has_come;

static void comes(void)
{
    register_in(1, 3, &key);
    /* It is LIVE: whoever looks from here on finds it. */
    EXPECT(index_count(&world, NULL, 0, &key) >= 2);
}

static void counts(void)
{
    for (int i = 0; i < 2; i++) {
        uint64_t count = index_count(&world, NULL, 0, &key);

        EXPECT(count >= 1 && count <= 4);
    }
}

static void chain_is_whole(void)
{
    EXPECT(index_count(&world, NULL, 0, &key) == 2);
    EXPECT(index_finds(&world, 0, 0) && index_finds(&world, 0, 3));
    (void)has_come;
}

const struct scenario index_scenario = {.name = "index",
                                        .setup = setup_chain,
                                        .threads = {leaves_the_end, comes, counts},
                                        .check = chain_is_whole};

/* Two look, each for who came before: the first to be LIVE tells the second, by a word of its own.
 */
static _Atomic uint64_t *told(void)
{
    return &segment_header(&world)->reserved_atomics[0];
}

static void comes_and_tells(void)
{
    register_in(1, 3, &key);
    atomic_store_explicit(told(), 1, memory_order_release);
}

static void hears_and_counts(void)
{
    uint64_t least = atomic_load_explicit(told(), memory_order_acquire) ? 2 : 1;
    bool behind;

    EXPECT(index_count(&world, NULL, 0, &key) >= least);
    EXPECT(index_contenders(&world, 0, &key, &behind) >= least);
    EXPECT(index_cells(&world, 0, &key) >= least);
}

const struct scenario told_scenario = {
    .name = "told",
    .setup = setup_chain,
    .threads = {leaves_the_end, comes_and_tells, hears_and_counts},
    .check = chain_is_whole};

/* ---- nobody is taken for another -------------------------------------------------------------- */

/* Slot 0 changes between the key and another, parked with its cell or not, by its owner and a
 * thief. Who counts finds at most the one that is there. */
static void setup_one(void)
{
    make();
    register_in(0, 0, &key);
}

static void changes_key(void)
{
    unregister(0, true);
    register_in(0, 0, &other);
}

static void steals(void)
{
    register_in(1, 0, &other);
}

static void counts_one(void)
{
    for (int i = 0; i < 2; i++) {
        EXPECT(index_count(&world, NULL, 0, &key) <= 1);
        EXPECT(index_count(&world, NULL, 0, &other) <= 1);
    }
}

/* A list by key shows nobody with another's key. */
static void lists(void)
{
    struct table table = table_of(&world, NULL, 0);

    for (int i = 0; i < 3; i++) {
        uint64_t metadata[METADATA_WORDS], words[2];
        struct copy copy = {.key = words};

        if (table_read(&table, 0, &copy, metadata))
            EXPECT(words[0] == (slot_generation(copy.word) == 1 ? key.key[0] : other.key[0]));
    }
}

static void other_is_found(void)
{
    EXPECT(index_count(&world, NULL, 0, &key) == 0);
    EXPECT(index_count(&world, NULL, 0, &other) == 1);
    EXPECT(index_finds(&world, 0, 0));
}

const struct scenario parked_key_scenario = {.name = "parked-key",
                                             .setup = setup_one,
                                             .threads = {changes_key, steals, counts_one, lists},
                                             .check = other_is_found};

/* One entry leaves its cell and comes back in another, which the walk comes by as well: it is not
 * counted twice, nor is the one of another key that has its slot meanwhile. */
static void moves_about(void)
{
    unregister(0, false);
    register_in(0, 0, &other);
    unregister(0, false);
    register_in(0, 0, &key);
}

static void takes_its_cell(void)
{
    register_in(1, 1, &key);
}

static void counts_two(void)
{
    for (int i = 0; i < 2; i++)
        EXPECT(index_count(&world, NULL, 0, &key) <= 2);
}

static void both_are_found(void)
{
    EXPECT(index_count(&world, NULL, 0, &key) == 2);
    EXPECT(index_finds(&world, 0, 0) && index_finds(&world, 0, 1));
}

const struct scenario moving_scenario = {.name = "moving",
                                         .setup = setup_one,
                                         .threads = {moves_about, takes_its_cell, counts_two},
                                         .check = both_are_found};

/* ---- a limit ---------------------------------------------------------------------------------- */

static void race(uint32_t me, uint32_t limit)
{
    static const struct parked nothing[PARKED_SLOTS];
    static struct rival rivals[WORKERS][PENDING_MAX];
    uint64_t where, claimed = enter(me, me, &key, &where), releasing;
    struct contender contender = {
        .slot = me, .limit = limit, .parked = nothing, .rivals = rivals[me]};

    if (claimed == 0)
        return;
    contender.word = slot_become(claimed, SLOT_PENDING);
    contender.where = where;
    atomic_store_explicit(word_of(me), contender.word, memory_order_release);
    if (index_decide(&world, 0, &key, &contender) == INDEX_GOES_LIVE) {
        EXPECT(index_count(&world, NULL, 0, &key) <= limit);
        return;
    }
    releasing = slot_become(claimed, SLOT_RELEASING);
    atomic_store_explicit(word_of(me), releasing, memory_order_release);
    index_remove(&world, 0, me);
    slot_free(word_of(me), segment_taken(&world, 0), me, releasing);
}

static void races_0(void)
{
    race(0, 1);
}

static void races_1(void)
{
    race(1, 1);
}

static void races_2(void)
{
    race(2, 1);
}

static void reads_racers(void)
{
    struct table table = table_of(&world, NULL, 0);

    for (uint32_t i = 0; i < 9; i++) {
        uint64_t metadata[METADATA_WORDS], words[2];
        struct copy copy = {.key = words};

        if (table_read(&table, i % 3, &copy, metadata))
            EXPECT(world_is(&copy, metadata, slot_generation(copy.word)) && words[0] == key.key[0]);
    }
}

static void one_is_in(void)
{
    EXPECT(index_count(&world, NULL, 0, &key) == 1);
}

const struct scenario limit_scenario = {.name = "limit",
                                        .setup = make,
                                        .threads = {races_0, races_1, races_2, reads_racers},
                                        .check = one_is_in};
