/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One slot that changes hands: workers, readers, one that dies and who sweeps after it.
 */
#include "scenarios.h"
#include "world.h"

#include "records/claim.h"
#include "records/record.h"
#include "records/sweep.h"

static uint64_t words[WORKERS]; /* of the records */

static void setup(void)
{
    world_make(1);
    for (uint32_t i = 0; i < WORKERS; i++)
        words[i] = world_join(i);
}

/* What the entry of this word holds. */
static uint64_t number_of(uint64_t word)
{
    return slot_generation(word) * 16 + slot_owner(word) + 1;
}

static _Atomic uint64_t *the_word(void)
{
    return &segment_words(&world, 0)[0];
}

enum { NEXT_LIFE = 8 }; /* what is added to the number by the next holder of a record */

static uint64_t enter_as(uint32_t me, uint64_t added)
{
    uint32_t hand = 0;
    struct claim claim = {0};

    if (claim_find(&world, 0, slot_word(SLOT_CLAIMED, me, 0), &hand, &claim) < 0)
        return 0;
    world_fill(0, claim.slot, number_of(claim.word) + added);
    slot_publish(the_word(), claim.word);
    return slot_become(claim.word, SLOT_LIVE);
}

static uint64_t enter(uint32_t me)
{
    return enter_as(me, 0);
}

static void leave(uint64_t live)
{
    uint64_t releasing = slot_become(live, SLOT_RELEASING);

    EXPECT(slot_retract(the_word(), live, releasing));
    slot_free(the_word(), segment_taken(&world, 0), 0, releasing);
}

static void come_and_go(uint32_t me)
{
    for (int i = 0; i < 2; i++) {
        uint64_t live = enter(me);

        if (live != 0)
            leave(live);
    }
}

static void comes_0(void)
{
    come_and_go(0);
}

static void comes_1(void)
{
    come_and_go(1);
}

static void reads(void)
{
    struct table table = table_of(&world, NULL, 0);

    for (int i = 0; i < 4; i++) {
        uint64_t metadata[METADATA_WORDS];
        struct copy copy;

        if (table_read(&table, 0, &copy, metadata))
            EXPECT(world_is(&copy, metadata,
                            number_of(copy.word) +
                                (record_incarnation(copy.record) == 1 ? 0 : NEXT_LIFE)));
    }
}

/* What the others do takes long: begin anywhere in it. */
static void reads_late(void)
{
    world_wait(1200);
    reads();
}

static bool is_taken(void)
{
    return atomic_load_explicit(segment_taken(&world, 0), memory_order_relaxed) & 1;
}

static void map_is_right(void)
{
    uint64_t word = atomic_load_explicit(the_word(), memory_order_relaxed);

    EXPECT(slot_state(word) == SLOT_FREE ? !is_taken() : is_taken());
}

const struct scenario slot_scenario = {
    .name = "slot", .setup = setup, .threads = {comes_0, comes_1, reads}, .check = map_is_right};

/* ---- parked slots, which change hands without the map ---------------------------------------- */

static void parks(uint32_t me)
{
    uint64_t seen = atomic_load_explicit(the_word(), memory_order_relaxed), word, live;

    if (slot_state(seen) == SLOT_PARKED) {
        if (!slot_claim(the_word(), seen, slot_word(SLOT_CLAIMED, me, 0), &word))
            return;
        world_fill(0, 0, number_of(word));
        slot_publish(the_word(), word);
        live = slot_become(word, SLOT_LIVE);
    } else {
        live = enter(me);
    }
    if (live != 0)
        EXPECT(slot_retract(the_word(), live, slot_become(live, SLOT_PARKED)));
}

static void parks_0(void)
{
    parks(0);
    parks(0);
}

static void parks_1(void)
{
    parks(1);
    parks(1);
}

const struct scenario parked_scenario = {
    .name = "parked", .setup = setup, .threads = {parks_0, parks_1, reads}, .check = map_is_right};

/* ---- a worker that dies, and who comes after it in its record --------------------------------- */

static void lives_and_dies(void)
{
    come_and_go(0);
}

static uint64_t next_live; /* its entry */

/* The next holder of record 0, while the sweep of the last one may go on elsewhere. */
static void joins_and_enters(void)
{
    struct identity identity = {.pid = 200};
    uint64_t word, live;
    uint32_t index;

    if (record_state(atomic_load_explicit(&segment_record(&world, 0)->word,
                                          memory_order_relaxed)) != RECORD_FREE ||
        record_join(&world, RECORD_WORKER, &identity, world_hold, "", 1, &index, &word) < 0)
        return;
    EXPECT(index == 0);
    live = enter_as(0, NEXT_LIFE);
    next_live = live;
}

static void buries(uint32_t me)
{
    uint64_t word = words[0];

    weak_wait_for_end_of(0);
    (void)record_mark_dead(&world, 0, word, 5);
    word = record_become(word, RECORD_DEAD);
    if (record_is(&world, 0, word)) {
        uint64_t buried = record_become(word, RECORD_BURIED);

        if (atomic_compare_exchange_strong_explicit(&segment_record(&world, 0)->word, &word, buried,
                                                    memory_order_acq_rel, memory_order_relaxed))
            word = buried;
    }
    word = record_become(words[0], RECORD_BURIED);
    if (record_is(&world, 0, word))
        sweep_record(&world, 0, word, me, words[me]);
}

static void buries_1(void)
{
    buries(1);
}

static void buries_2(void)
{
    next_live = 0;
    buries(2);
    joins_and_enters();
}

static void nothing_of_the_dead(void)
{
    uint64_t word = atomic_load_explicit(the_word(), memory_order_relaxed);
    uint64_t record = atomic_load_explicit(&segment_record(&world, 0)->word, memory_order_relaxed);

    map_is_right();
    EXPECT(record_state(record) == RECORD_FREE || record_incarnation(record) == 2);
    /* Nobody sweeps what a living one has. */
    EXPECT(next_live == 0 || word == next_live);
    EXPECT(slot_state(word) == SLOT_FREE ||
           (slot_state(word) == SLOT_LIVE && record_incarnation(record) == 2));
}

const struct scenario sweep_scenario = {.name = "sweep",
                                        .setup = setup,
                                        .threads = {lives_and_dies, buries_1, buries_2, reads_late},
                                        .check = nothing_of_the_dead,
                                        .mortal = 1};
