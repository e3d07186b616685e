/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tables that grow while everybody works: by themselves, by hand, by a config that wants more, and
 * ahead of the need.
 */
#include "growing.h"

#include <poll.h>

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
        TEST(test_reaper_grows_ahead),
        TEST(test_who_fills_a_table_wakes_reapers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
