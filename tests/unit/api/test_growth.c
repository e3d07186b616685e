/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tables that grow while everybody works: by themselves and by hand, seen by those who were there
 * before, swept by those who knew less, and limits on keys kept by them.
 */
#include "harness.h"

#include <poll.h>

enum { FEW = 64, MANY = 20000, MAXIMUM = 50000, ONE_KEY = 3 };

static struct connstat_config growing(uint32_t capacity, uint32_t maximum)
{
    static const struct connstat_type types[] = {{"socket", CONNSTAT_CONNECTION, 0},
                                                 {"room", CONNSTAT_CHANNEL, 7}};
    static uint32_t maxima[2];
    struct connstat_config config = CONNSTAT_CONFIG_INIT;

    maxima[0] = maximum;
    config.types = types;
    config.type_count = 2;
    config.capacity = capacity;
    config.max_workers = 32;
    config.max_capacities = maxima;
    return config;
}

static connstat_t *create_growing(uint32_t capacity, uint32_t maximum)
{
    struct connstat_config config = growing(capacity, maximum);
    connstat_t *cs = NULL;

    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    return cs;
}

static void add(connstat_t *cs, int64_t from, int64_t to, connstat_id *ids)
{
    for (int64_t i = from; i < to; i++) {
        struct connstat_field field = connstat_int("n", i);

        CHECK(connstat_register(cs, 0, &field, 1, &ids[i]) == 0);
    }
}

/* Each number of metadata once: nothing is missing, torn or there twice. */
struct numbers {
    uint8_t seen[MAXIMUM + 1];
    size_t wrong;
};

static int see_number(const struct connstat_entry *entry, void *arg)
{
    struct numbers *numbers = arg;
    int64_t n = entry->metadata_count == 1 ? entry->metadata[0].value.integer : -1;

    if (n < 0 || n > MAXIMUM || numbers->seen[n]++ > 0)
        numbers->wrong++;
    return 0;
}

static void check_numbers(connstat_t *cs, int64_t count)
{
    struct numbers *numbers = calloc(1, sizeof(*numbers));

    CHECK(connstat_for_each(cs, 0, see_number, numbers) == count);
    CHECK(numbers->wrong == 0);
    for (int64_t i = 0; i < count; i++)
        CHECK(numbers->seen[i] == 1);
    free(numbers);
}

static void complain(const char *message, void *arg)
{
    (void)arg;
    fprintf(stderr, "check: %s\n", message);
}

static void check_clean(connstat_t *cs)
{
    CHECK(connstat_check(cs, complain, NULL) == 0);
}

static connstat_id ids[MAXIMUM + 1];

/* ---- By itself ------------------------------------------------------------------------------ */

static void test_grows_when_it_is_full(void **state)
{
    connstat_t *cs = create_growing(FEW, MANY), *observer = open_segment(CONNSTAT_READ_ONLY);
    connstat_id one_more = 99;

    (void)state;
    assert_int_equal(connstat_type_capacity(cs, 0), FEW);
    assert_int_equal(connstat_type_maximum(cs, 0), MANY);
    assert_int_equal(connstat_type_growths(cs, 0), 0);
    add(cs, 0, MANY, ids);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &one_more), -ENOSPC);
    assert_int_equal(one_more, 0);
    assert_int_equal(connstat_type_capacity(observer, 0), MANY);
    assert_true(connstat_type_growths(observer, 0) > 3);
    assert_int_equal(connstat_type_capacity(cs, 1), 7);
    check_numbers(cs, MANY);
    check_numbers(observer, MANY);
    check_clean(cs);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(connstat_unregister(cs, ids[i]), 0);
    assert_int_equal(connstat_count(observer, 0), 0);
    check_clean(cs);
    connstat_close(observer);
    connstat_close(cs);
}

static void test_what_does_not_grow(void **state)
{
    connstat_t *cs = create_growing(FEW, 0);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_type_maximum(cs, 0), FEW);
    add(cs, 0, FEW, ids);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), -ENOSPC);
    assert_int_equal(connstat_resize(cs, 0, FEW), 0);
    assert_int_equal(connstat_resize(cs, 0, FEW + 1), -EINVAL);
    connstat_close(cs);
}

static void test_default_grows(void **state)
{
    connstat_t *cs = NULL;

    (void)state;
    assert_int_equal(connstat_create(&cs, "test", NULL), 0);
    assert_int_equal(connstat_type_capacity(cs, CONNSTAT_WS_SOCKET), 16384);
    assert_int_equal(connstat_type_maximum(cs, CONNSTAT_WS_SOCKET), 1048576);
    add(cs, 0, MAXIMUM, ids);
    assert_int_equal(connstat_count(cs, 0), MAXIMUM);
    check_clean(cs);
    connstat_close(cs);
}

/* ---- By hand -------------------------------------------------------------------------------- */

static void test_by_hand_alone(void **state)
{
    struct connstat_config config = growing(FEW, MANY);
    connstat_id id;
    connstat_t *cs;

    (void)state;
    config.flags = CONNSTAT_GROW_BY_HAND;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    add(cs, 0, FEW, ids);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), -ENOSPC);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), FEW);
    assert_int_equal(connstat_resize(cs, 0, 0), 0);
    assert_int_equal(connstat_resize(cs, 0, FEW), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), FEW);
    assert_int_equal(connstat_resize(cs, 0, 10000), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), 10000);
    add(cs, FEW, 10000, ids);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), -ENOSPC);
    /* A step has a least size, so that the log does not fill. */
    assert_int_equal(connstat_resize(cs, 0, 10001), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), 15000);
    assert_int_equal(connstat_resize(cs, 0, MANY), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), MANY);
    check_numbers(cs, 10000);
    check_clean(cs);
    connstat_close(cs);
}

static void test_resize_refuses(void **state)
{
    connstat_t *cs = create_growing(FEW, MANY), *observer = open_segment(CONNSTAT_READ_ONLY);

    (void)state;
    assert_int_equal(connstat_resize(cs, 0, MANY + 1), -EINVAL);
    assert_int_equal(connstat_resize(cs, 2, 10), -EINVAL);
    assert_int_equal(connstat_resize(cs, -1, 10), -EINVAL);
    assert_int_equal(connstat_resize(observer, 0, 1000), -EROFS);
    assert_int_equal(connstat_resize(NULL, 0, 1000), -ENOTCONN);
    assert_int_equal(connstat_type_maximum(cs, 2), -EINVAL);
    assert_int_equal(connstat_type_maximum(NULL, 0), -EINVAL);
    assert_int_equal(connstat_type_growths(cs, -1), -EINVAL);
    connstat_close(observer);
    connstat_close(cs);
    assert_int_equal(connstat_resize(cs, 0, 1000), -ENOTCONN);
    assert_int_equal(connstat_type_maximum(cs, 0), -ENOTCONN);
}

/* ---- Configs -------------------------------------------------------------------------------- */

static void test_create_attaches_and_grows(void **state)
{
    struct connstat_config config = growing(5000, MANY);
    connstat_t *cs = create_growing(FEW, MANY), *again = NULL;
    connstat_id id;

    (void)state;
    add(cs, 0, FEW, ids);
    assert_int_equal(connstat_create(&again, "test", &config), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), 5000);
    check_numbers(again, FEW);
    connstat_close(again);
    config.capacity = 1; /* tables never shrink */
    assert_int_equal(connstat_create(&again, "test", &config), 0);
    assert_int_equal(connstat_type_capacity(again, 0), 5000);
    connstat_close(again);
    config = growing(FEW, MANY + 1); /* another layout */
    assert_int_equal(connstat_create(&again, "test", &config), -EEXIST);
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    connstat_close(cs);
}

static void test_configs_that_are_refused(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs = NULL;

    (void)state;
    config.capacity = 100;
    config.max_capacity = 99;
    assert_int_equal(connstat_create(&cs, "test", &config), -EINVAL);
    config.max_capacity = (1u << 24) + 1;
    assert_int_equal(connstat_create(&cs, "test", &config), -EINVAL);
    config.max_capacity = 100;
    config.flags = 2;
    assert_int_equal(connstat_create(&cs, "test", &config), -EINVAL);
    config.flags = 0;
    assert_int_equal(connstat_create(&cs, "test", &config), 0);
    assert_int_equal(connstat_type_maximum(cs, 0), 100);
    connstat_close(cs);
}

static void test_probe_tells_of_growth(void **state)
{
    struct connstat_config config = growing(FEW, MANY);
    connstat_t *cs = create_growing(FEW, MANY);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_probe("test", &config), 1);
    config.capacity = FEW + 1;
    assert_int_equal(connstat_probe("test", &config), 2);
    assert_int_equal(connstat_type_capacity(cs, 0), FEW); /* it touched nothing */
    assert_int_equal(connstat_resize(cs, 0, 5000), 0);
    assert_int_equal(connstat_probe("test", &config), 1);
    config.max_capacity = MANY + 1;
    config.max_capacities = NULL;
    assert_int_equal(connstat_probe("test", &config), -EEXIST);
    connstat_close(cs);
}

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

/* ---- Ahead of the need ---------------------------------------------------------------------- */

static void test_reaper_grows_ahead(void **state)
{
    connstat_t *cs = create_growing(1000, MANY);

    (void)state;
    add(cs, 0, 874, ids);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), 1000);
    add(cs, 874, 875, ids);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), 2000);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_type_capacity(cs, 0), 2000);
    connstat_close(cs);
}

/* Waits for news as a host that polls, and reaps when there are some. */
static void reaps_when_woken(struct child *self, void *arg)
{
    struct pollfd news = {.events = POLLIN};
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    news.fd = connstat_reaper_fd(cs);
    CHECK(news.fd >= 0);
    do
        CHECK(connstat_reap(cs) == 0);
    while (poll(&news, 1, 500) > 0);
    CHECK(connstat_type_capacity(cs, 0) == 1000);
    child_pause(self);
    CHECK(poll(&news, 1, 20000) == 1);
    CHECK(connstat_reap(cs) == 0);
    CHECK(connstat_type_capacity(cs, 0) == 2000);
}

static void test_who_fills_a_table_wakes_reapers(void **state)
{
    connstat_t *cs = create_growing(1000, MANY);
    struct child child;

    (void)state;
    add(cs, 0, 860, ids);
    child = child_start(reaps_when_woken, NULL);
    child_reached(&child);
    add(cs, 860, 990, ids);
    child_go_on(&child);
    child_finish(&child);
    assert_int_equal(connstat_type_growths(cs, 0), 1);
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
        TEST(test_grows_when_it_is_full),
        TEST(test_what_does_not_grow),
        TEST(test_default_grows),
        TEST(test_by_hand_alone),
        TEST(test_resize_refuses),
        TEST(test_create_attaches_and_grows),
        TEST(test_configs_that_are_refused),
        TEST(test_probe_tells_of_growth),
        TEST(test_those_who_are_behind_follow),
        TEST(test_sweeper_is_behind),
        TEST(test_limit_is_kept_by_one_that_is_behind),
        TEST(test_parked_slots_with_keys_are_taken),
        TEST(test_reaper_grows_ahead),
        TEST(test_who_fills_a_table_wakes_reapers),
        TEST(test_a_child_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
