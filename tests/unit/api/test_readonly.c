/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Read-only handles: their mapping cannot be written to, all functions that read work, and all that
 * write are refused.
 */
#include "harness.h"

static void test_refuses_what_writes(void **state)
{
    struct connstat_field field = connstat_int("a", 1);
    struct connstat_cluster_update update = {.size = sizeof(update), .nodes = 1, .lease_ms = 1000};
    connstat_t *writer = create_segment(8), *cs = open_segment(CONNSTAT_READ_ONLY);
    connstat_id id, refused = 99;

    (void)state;
    assert_int_equal(connstat_register(writer, 0, &field, 1, &id), 0);
    assert_int_equal(connstat_register(cs, 0, &field, 1, &refused), -EROFS);
    assert_int_equal(refused, 0);
    refused = 99;
    assert_int_equal(connstat_register_encoded(cs, 0, NULL, 0, &refused), -EROFS);
    assert_int_equal(refused, 0);
    refused = 99;
    assert_int_equal(connstat_register_key(cs, 0, connstat_key_u64(1), 0, NULL, 0, &refused),
                     -EROFS);
    assert_int_equal(refused, 0);
    assert_int_equal(connstat_unregister(cs, id), -EROFS);
    assert_int_equal(connstat_unregister(cs, 0), 0);
    assert_int_equal(connstat_join(cs, "x"), -EROFS);
    assert_int_equal(connstat_leave(cs), -EROFS);
    assert_int_equal(connstat_own_by_thread(cs, true), -EROFS);
    assert_int_equal(connstat_keep_on_exec(cs, true), -EROFS);
    assert_int_equal(connstat_cluster_publish(cs, &update), -EROFS);
    assert_int_equal(connstat_cluster_withdraw(cs), -EROFS);
    assert_int_equal(connstat_repair(cs), -EROFS);
    assert_int_equal(connstat_count(cs, 0), 1);
    connstat_close(cs);
    connstat_close(writer);
}

/* Tells how the segment is mapped into this process, by its lines in /proc/self/maps. */
static void mapped_how(bool *written, bool *read)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[1024], mode[5];

    *written = *read = false;
    CHECK(maps);
    while (fgets(line, sizeof(line), maps))
        if (strstr(line, ".connstat") && sscanf(line, "%*s %4s", mode) == 1) {
            *read |= mode[0] == 'r';
            *written |= mode[1] == 'w';
        }
    fclose(maps);
}

static void observe(struct child *self, void *arg)
{
    struct connstat_counts counts;
    struct connstat_totals totals;
    struct connstat_info info;
    size_t seen = 0;
    bool written, read;
    connstat_t *cs;

    (void)self;
    (void)arg;
    CHECK(connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_count(cs, 0) == 1);
    CHECK(connstat_counts(cs, &counts) == 0 && counts.total_connections == 1);
    CHECK(connstat_for_each(cs, 0, count_entry, &seen) == 1);
    CHECK(connstat_totals(cs, &totals) == 0 && totals.opened[0] == 1);
    CHECK(connstat_info(cs, &info) == 0 && strcmp(info.name, "test") == 0);
    CHECK(connstat_check(cs, NULL, NULL) == 0);
    CHECK(connstat_reap(cs) == 0);
    mapped_how(&written, &read);
    CHECK(read && !written);
    connstat_close(cs);
}

static void test_maps_read_only(void **state)
{
    connstat_t *writer = create_segment(8);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(writer, 0, NULL, 0, &id), 0);
    in_child(observe, NULL);
    connstat_close(writer);
}

/* A handle that follows its name reads the new segment when another has replaced the one it opened. */
static void test_follows_its_name(void **state)
{
    connstat_t *first = create_segment(8), *cs = open_segment(CONNSTAT_READ_ONLY), *second;
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(first, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_count(cs, 0), 1);
    connstat_close(first);
    assert_int_equal(connstat_destroy("test"), 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    second = create_segment(16);
    for (int i = 0; i < 3; i++)
        assert_int_equal(connstat_register(second, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_count(cs, 0), 3);
    assert_int_equal(connstat_type_capacity(cs, 0), 16);
    assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), 3);
    connstat_close(cs);
    connstat_close(second);
}

static void register_five(struct child *self, void *arg)
{
    connstat_t *cs;
    connstat_id id;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    for (int i = 0; i < 5; i++)
        CHECK(connstat_register(cs, i, NULL, 0, &id) == 0);
    child_pause(self);
}

static int count_worker(const struct connstat_worker *worker, void *arg)
{
    (void)worker;
    ++*(int *)arg;
    return 0;
}

/* Nobody reaps. A read-only handle that calls connstat_reap no longer counts the dead; others still
 * do, because nothing was written. */
static void test_reap_hides_for_this_handle(void **state)
{
    connstat_t *writer = create_segment(8), *cs = open_segment(CONNSTAT_READ_ONLY);
    struct child child = child_start(register_five, NULL);
    struct connstat_counts counts;
    int workers = 0;

    (void)state;
    child_reached(&child);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 5);
    child_kill(&child);
    assert_int_equal(connstat_reap(cs), 1);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_count(cs, 2), 0);
    assert_int_equal(connstat_counts(cs, &counts), 0);
    assert_int_equal(counts.total_channels + counts.total_connections, 0);
    assert_int_equal(listed(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_for_each_worker(cs, count_worker, &workers), 0);
    assert_int_equal(connstat_count(writer, CONNSTAT_ANY_TYPE), 5);
    assert_int_equal(connstat_reap(writer), 1);
    assert_int_equal(connstat_count(writer, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_reap(cs), 0);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    connstat_close(cs);
    connstat_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_refuses_what_writes),
        TEST(test_maps_read_only),
        TEST(test_follows_its_name),
        TEST(test_reap_hides_for_this_handle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
