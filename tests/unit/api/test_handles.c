/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Several handles in one process: those of one segment make one worker there, and those of several
 * segments do not affect each other.
 */
#include "harness.h"

#include <dirent.h>

static int count_worker(const struct connstat_worker *worker, void *arg)
{
    (void)arg;
    CHECK(worker->pid == getpid());
    return 0;
}

static void test_two_handles_share_the_worker(void **state)
{
    connstat_t *one = create_segment(8), *two = open_segment(0);
    connstat_id first, second;

    (void)state;
    assert_int_equal(connstat_register(one, 0, NULL, 0, &first), 0);
    assert_int_equal(connstat_register(two, 0, NULL, 0, &second), 0);
    assert_int_equal(connstat_for_each_worker(one, count_worker, NULL), 1);
    assert_int_equal(connstat_for_each_worker(one, NULL, NULL), -EINVAL);
    assert_int_equal(connstat_unregister(two, first), 0);
    assert_int_equal(connstat_unregister(one, first), -ENOENT);
    connstat_close(two);
    assert_int_equal(connstat_count(one, 0), 1);
    assert_int_equal(connstat_register(two, 0, NULL, 0, &first), -ENOTCONN);
    assert_int_equal(connstat_unregister(one, second), 0);
    connstat_close(one);
}

static void test_the_last_one_closed_leaves(void **state)
{
    connstat_t *one = create_segment(8), *two = open_segment(0);
    connstat_t *reader = open_segment(CONNSTAT_READ_ONLY);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(two, 0, NULL, 0, &id), 0);
    connstat_close(two);
    assert_int_equal(connstat_count(reader, 0), 1);
    connstat_close(one);
    assert_int_equal(connstat_count(reader, 0), 0);
    assert_int_equal(connstat_for_each_worker(reader, count_worker, NULL), 0);
    one = open_segment(0);
    assert_int_equal(connstat_unregister(one, id), -ENOENT);
    assert_int_equal(connstat_register(one, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_count(reader, 0), 1);
    connstat_close(one);
    connstat_close(reader);
}

static void test_leave_is_the_process_s(void **state)
{
    connstat_t *one = create_segment(8), *two = open_segment(0);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(one, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_leave(two), 0);
    assert_int_equal(connstat_count(one, 0), 0);
    assert_int_equal(connstat_unregister(one, id), -ENOENT);
    connstat_close(one);
    connstat_close(two);
}

static void test_two_segments(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *one = create_segment(8), *two;
    connstat_id first, second;

    (void)state;
    config.capacity = 4;
    assert_int_equal(connstat_create(&two, "other", &config), 0);
    assert_int_equal(connstat_register(one, 0, NULL, 0, &first), 0);
    assert_int_equal(connstat_count(two, 0), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(connstat_register(two, 0, NULL, 0, &second), 0);
    assert_int_equal(connstat_register(two, 0, NULL, 0, &second), -ENOSPC);
    assert_int_equal(connstat_count(one, 0), 1);
    connstat_close(two);
    assert_int_equal(connstat_count(one, 0), 1);
    assert_int_equal(connstat_unregister(one, first), 0);
    connstat_close(one);
}

/* The memory of a closed handle is kept, so that a call on it is answered even long afterwards. It
 * must be little. */
static void test_many_handles(void **state)
{
    connstat_t *keep = create_segment(8), *first = open_segment(0);
    connstat_id id;

    (void)state;
    connstat_close(first);
    for (int i = 0; i < 2000; i++) {
        connstat_t *cs = open_segment(i % 2 ? CONNSTAT_READ_ONLY : 0);

        assert_int_equal(connstat_count(cs, 0), 0);
        connstat_close(cs);
        connstat_close(cs);
        assert_int_equal(connstat_unregister(cs, 1), -ENOTCONN);
        assert_int_equal(connstat_update_encoded(cs, 1, NULL, 0), -ENOTCONN);
    }
    assert_int_equal(connstat_register(first, 0, NULL, 0, &id), -ENOTCONN);
    assert_int_equal(connstat_register(keep, 0, NULL, 0, &id), 0);
    connstat_close(keep);
}

static int count_segment(const struct connstat_segment *segment, void *arg)
{
    CHECK(strcmp(segment->path, segment_path(segment->name)) == 0);
    *(int *)arg += segment->status == 0 ? 1 : 100;
    return 0;
}

static void test_segments_of_the_machine(void **state)
{
    connstat_t *one = create_segment(8);
    char directory[256];
    FILE *junk;
    int sum = 0;

    (void)state;
    assert_ptr_equal(connstat_directory(directory, sizeof(directory)), directory);
    assert_string_equal(directory, getenv("CONNSTAT_DIR"));
    assert_null(connstat_directory(directory, 3));
    junk = fopen(segment_path("junk"), "we");
    assert_non_null(junk);
    fputs("no segment", junk);
    fclose(junk);
    assert_int_equal(connstat_for_each_segment(count_segment, &sum), 2);
    assert_int_equal(sum, 101);
    connstat_close(one);
}

/* An id of one segment is nobody's in another, though both have an entry at that place. */
static void test_two_segments_have_two_salts(void **state)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *one = create_segment(8), *other;
    connstat_id id, same_place;

    (void)state;
    config.capacity = 8;
    config.max_workers = 4;
    assert_int_equal(connstat_create(&other, "other", &config), 0);
    assert_int_equal(connstat_register(one, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_register(other, 0, NULL, 0, &same_place), 0);
    assert_int_not_equal(id, same_place);
    assert_true(connstat_unregister(other, id) < 0);
    assert_int_equal(connstat_unregister(other, same_place), 0);
    assert_int_equal(connstat_unregister(one, id), 0);
    connstat_close(other);
    connstat_close(one);
}

static size_t entries_of(const char *folder)
{
    DIR *directory = opendir(folder);
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

/* A second handle, a reaper and a descriptor to wait on: all of it is closed with the handles, and the
 * segment mapped no more. */
static void test_nothing_is_left_open(void **state)
{
    size_t descriptors = 0, mappings = 0;

    (void)state;
    connstat_close(create_segment(8));
    for (int round = 0; round < 4; round++) {
        connstat_t *one = open_segment(0), *two = open_segment(0);
        connstat_t *reader = open_segment(CONNSTAT_READ_ONLY);

        assert_int_equal(connstat_join(one, NULL), 0);
        assert_true(connstat_reaper_fd(two) >= 0);
        assert_int_equal(connstat_reaper_start(one), 0);
        assert_int_equal(connstat_reaper_stop(one), 0);
        connstat_close(two);
        connstat_close(reader);
        connstat_close(one);
        if (round == 1) { /* what is kept for the process's life is there */
            descriptors = entries_of("/proc/self/fd");
            mappings = entries_of("/proc/self/map_files");
        }
    }
    assert_int_equal(entries_of("/proc/self/fd"), descriptors);
    assert_int_equal(entries_of("/proc/self/map_files"), mappings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_left_open),
        TEST(test_two_segments_have_two_salts),
        TEST(test_two_handles_share_the_worker),
        TEST(test_the_last_one_closed_leaves),
        TEST(test_leave_is_the_process_s),
        TEST(test_two_segments),
        TEST(test_many_handles),
        TEST(test_segments_of_the_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
