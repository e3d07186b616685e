/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Those who know fewer slots than a table has, because it grew elsewhere: they list and find what
 * came, sweep it, and keep limits; also a child that was forked before.
 */
#include "growing.h"

static connstat_id ids[MAXIMUM + 1];

/* ---- Those who are behind ------------------------------------------------------------------- */

/* It knows the first slots, and waits while others grow the table. */
static void stays_behind(struct child *self, void *arg)
{
    const connstat_id *of_parent = arg;
    connstat_t *cs;
    connstat_id id;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register_key(cs, 1, connstat_key_u64(1), 0, NULL, 0, &id) == 0);
    child_pause(self);
    CHECK(connstat_unregister(cs, of_parent[MANY - 1]) == -EPERM);
    CHECK(connstat_count(cs, 0) == MANY);
    check_numbers(cs, MANY);
    check_clean(cs);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_unregister(cs, id) == 0);
}

static int see_one(const struct connstat_entry *entry, void *arg)
{
    *(connstat_id *)arg = entry->id;
    return 0;
}

static void test_those_who_are_behind_follow(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM), *observer = open_segment(CONNSTAT_READ_ONLY);
    connstat_id *shared = mmap_shared(sizeof(ids)), seen = 0;
    struct child child = child_start(stays_behind, shared);

    (void)state;
    child_reached(&child);
    add(cs, 0, MANY, shared);
    assert_int_equal(connstat_get(observer, shared[MANY - 1], see_one, &seen), 0);
    assert_int_equal(seen, shared[MANY - 1]);
    child_go_on(&child);
    child_finish(&child);
    connstat_close(observer);
    connstat_close(cs);
}

static void fills_and_waits(struct child *self, void *arg)
{
    struct connstat_key key = connstat_key_u64(ONE_KEY);
    connstat_id id;
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    add(cs, 0, MANY, ids);
    CHECK(connstat_register_key(cs, 0, key, 0, NULL, 0, &id) == 0);
    child_pause(self);
    for (;;)
        pause();
}

/* Nothing of the dead one is left, and no slot is lost, though the sweeper mapped the table before it
 * grew. */
static void test_sweeper_is_behind(void **state)
{
    connstat_t *cs = create_growing(FEW, MANY + 1);
    struct child child;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 1, NULL, 0, &id), 0);
    child = child_start(fills_and_waits, NULL);
    child_reached(&child);
    assert_int_equal(connstat_count(cs, 0), MANY + 1);
    child_kill(&child);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_count(cs, 0), 0);
    check_clean(cs);
    add(cs, 0, MANY + 1, ids); /* each slot is there again */
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), -ENOSPC);
    check_clean(cs);
    connstat_close(cs);
}

/* Decides under a limit, having mapped the table before those grew it that it has to count. Its slot
 * is one that it had, so it does not come by the map. */
static void decides(struct child *self, void *arg)
{
    struct connstat_key key = connstat_key_u64(ONE_KEY);
    connstat_id id, mine;
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register_key(cs, 0, connstat_key_u64(1), 1, NULL, 0, &mine) == 0);
    child_pause(self);
    CHECK(connstat_unregister(cs, mine) == 0);
    CHECK(connstat_register_key(cs, 0, key, 2, NULL, 0, &id) == -EDQUOT);
    CHECK(connstat_register_key(cs, 0, key, 3, NULL, 0, &id) == 0);
    CHECK(connstat_register_key(cs, 0, key, 3, NULL, 0, &id) == -EDQUOT);
    CHECK(connstat_count_key(cs, 0, key) == 3);
}

static void test_limit_is_kept_by_one_that_is_behind(void **state)
{
    connstat_t *cs = create_growing(FEW, MANY);
    struct connstat_key key = connstat_key_u64(ONE_KEY);
    struct child child = child_start(decides, NULL);
    connstat_id id[2];

    (void)state;
    child_reached(&child);
    add(cs, 0, 5000, ids);
    assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &id[0]), 0);
    assert_int_equal(connstat_register_key(cs, 0, key, 0, NULL, 0, &id[1]), 0);
    child_go_on(&child);
    child_finish(&child);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_count_key(cs, 0, key), 2);
    check_clean(cs);
    connstat_close(cs);
}

/* A keyed slot that another one has parked, of a type whose index this one has not mapped: who steals
 * it takes its cell out. */
static void parks_keyed(struct child *self, void *arg)
{
    connstat_id id;
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register_key(cs, 1, connstat_key_u64(1), 0, NULL, 0, &id) == 0);
    CHECK(connstat_unregister(cs, id) == 0);
    child_pause(self);
}

static void test_parked_slots_with_keys_are_taken(void **state)
{
    connstat_t *cs = create_growing(FEW, MANY);
    struct child child;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0); /* it has a seat */
    child = child_start(parks_keyed, NULL);
    child_reached(&child);
    for (int i = 0; i < 7; i++)
        assert_int_equal(connstat_register(cs, 1, NULL, 0, &id), 0);
    assert_int_equal(connstat_register(cs, 1, NULL, 0, &id), -ENOSPC);
    check_clean(cs);
    child_go_on(&child);
    child_finish(&child);
    connstat_close(cs);
}

/* ---- Fork ----------------------------------------------------------------------------------- */

static void goes_on(struct child *self, void *arg)
{
    connstat_t *cs = arg;
    connstat_id id;

    (void)self;
    check_numbers(cs, MANY);
    CHECK(connstat_unregister(cs, ids[MANY - 1]) == -EPERM);
    for (int i = 0; i < 3000; i++)
        CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
}

static void test_a_child_goes_on(void **state)
{
    connstat_t *cs = create_growing(FEW, MAXIMUM);

    (void)state;
    add(cs, 0, MANY, ids);
    in_child(goes_on, cs);
    assert_int_equal(connstat_reap(cs), 1);
    check_numbers(cs, MANY);
    check_clean(cs);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_those_who_are_behind_follow),
        TEST(test_sweeper_is_behind),
        TEST(test_limit_is_kept_by_one_that_is_behind),
        TEST(test_parked_slots_with_keys_are_taken),
        TEST(test_a_child_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
