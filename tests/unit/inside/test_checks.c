/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What connstat_check sees, each fault alone, and what connstat_repair mends where nobody has died.
 */
#include "harness.h"

#include "keys/bucket.h"
#include "records/shard.h"
#include "slots/table.h"
#include "worker/handle.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const struct segment *segment_of(connstat_t *cs)
{
    return atomic_load(&cs->attachment)->segment;
}

/* ---- the index ------------------------------------------------------------------------------- */

static uint32_t slot_of(connstat_t *cs, connstat_id id)
{
    struct id_parts parts = {.slot = 0};

    assert_true(id_parse(segment_of(cs), atomic_load(&cs->attachment)->id_salt, id, &parts));
    return parts.slot;
}

static void hear(const char *message, void *arg)
{
    snprintf(arg, 256, "%s", message);
}

static void expect_violation(connstat_t *cs, const char *part)
{
    char message[256] = "";

    assert_int_equal(connstat_check(cs, hear, message), 1);
    assert_non_null(strstr(message, part));
}

static void test_check_sees_the_index(void **state)
{
    connstat_t *cs = create_segment(64);
    const struct segment *s = segment_of(cs);
    _Atomic uint32_t *cells;
    uint32_t place, cell;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(1), 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    place = atomic_load(&segment_key_slot(s, 0, slot_of(cs, id))->cell) - 1;
    cells = segment_key_buckets(s, 0)[place_bucket(place)].cells;
    place = place_cell(place);
    cell = atomic_load(&cells[place]);

    /* A second cell that names the slot, while the slot says that its cell is the first one. */
    atomic_store(&cells[place ^ 1], cell);
    expect_violation(cs, "is nobody's");
    atomic_store(&cells[place ^ 1], 0);

    atomic_store(&cells[place], 0);
    expect_violation(cs, "is not found under its key");
    atomic_store(&cells[place], cell);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);

    /* A slot keeps its cell while it is parked; taken again without a key, it has none. */
    assert_int_equal(connstat_unregister(cs, id), 0);
    assert_int_equal(atomic_load(&cells[place]), cell);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(atomic_load(&cells[place]), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* ---- the rest -------------------------------------------------------------------------------- */

/* The header is looked at again, not only when the segment is opened. */
static void test_check_sees_the_header(void **state)
{
    connstat_t *cs = create_segment(64);
    struct header *header = segment_header(segment_of(cs));

    (void)state;
    assert_int_equal(connstat_repair(cs), 0);
    header->metadata_bytes ^= 1;
    expect_violation(cs, "the header is damaged");
    header->metadata_bytes ^= 1;
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* A slot that says that it has no key, while a cell names it. */
static void test_check_sees_a_key_that_is_none(void **state)
{
    connstat_t *cs = create_segment(64);
    _Atomic uint64_t *word;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(1), 0, NULL, 0, &id), 0);
    word = &segment_words(segment_of(cs), 0)[slot_of(cs, id)];
    atomic_fetch_and(word, ~(uint64_t)SLOT_KEYED);
    expect_violation(cs, "is nobody's");
    atomic_fetch_or(word, SLOT_KEYED);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

static void join_and_pause(struct child *self, void *arg)
{
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    register_some(cs, 0, 1);
    child_pause(self);
}

/* Counters that do not agree with the entries, looked at more than once; of each worker. */
static void test_check_sees_counters(void **state)
{
    connstat_t *cs = create_segment(64);
    const struct segment *s = segment_of(cs);
    struct child second;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    second = child_start(join_and_pause, NULL);
    child_reached(&second);
    for (uint32_t record = 0; record < 2; record++) {
        struct shard_type *types = shard_types(segment_shard(s, shard_index_own(record)));

        assert_int_equal(connstat_check(cs, NULL, NULL), 0);
        atomic_fetch_add(&types[0].opened, 1);
        expect_violation(cs, "do not agree with its entries");
        atomic_fetch_add(&types[0].closed, 1);
        assert_int_equal(connstat_check(cs, NULL, NULL), 0);
        atomic_fetch_add(&types[0].closed, 1);
        expect_violation(cs, "do not agree with its entries");
        atomic_fetch_sub(&types[0].closed, 1);
    }
    child_go_on(&second);
    child_finish(&second);
    connstat_close(cs);
}

/* A slot that is nobody's is given back, also where nobody has died. */
static void test_repair_of_a_lost_slot(void **state)
{
    connstat_t *cs = create_segment(64);
    const struct segment *s = segment_of(cs);

    (void)state;
    assert_int_equal(connstat_repair(cs), 0);
    taken_set(segment_taken(s, 0), 63);
    expect_violation(cs, "is free, but marked taken");
    assert_int_equal(connstat_repair(cs), 1);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

/* Each slot of each type is looked at. */
static void test_check_sees_each_slot(void **state)
{
    connstat_t *cs = create_segment(100);
    const struct segment *s = segment_of(cs);

    (void)state;
    for (uint32_t type = 0; type < s->geometry.shape.type_count; type++)
        for (uint32_t slot = 0; slot < 100; slot++) {
            atomic_store(&segment_words(s, type)[slot], slot_word(SLOT_LIVE, 0, 1));
            expect_violation(cs, "is in use, but not marked taken");
            atomic_store(&segment_words(s, type)[slot], 0);
        }
    connstat_close(cs);
}

/* Lines of the growth log are written in order: behind one that is not written there is none. */
static void test_check_sees_the_growth_log(void **state)
{
    connstat_t *cs = create_segment(64);
    _Atomic uint64_t *log = segment_growth_log(segment_of(cs));

    (void)state;
    atomic_store(&log[1], 1);
    expect_violation(cs, "a line behind its end");
    atomic_store(&log[1], 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_check_sees_the_index),          TEST(test_check_sees_the_header),
        TEST(test_check_sees_a_key_that_is_none), TEST(test_check_sees_counters),
        TEST(test_repair_of_a_lost_slot),         TEST(test_check_sees_each_slot),
        TEST(test_check_sees_the_growth_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
