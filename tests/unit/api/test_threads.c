/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Several threads of one process on one segment. Runs under TSan, too.
 */
#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4 };

struct crew {
    connstat_t *_Atomic cs;
    atomic_bool stop;
    atomic_ulong done;
    int rounds;
    pthread_barrier_t barrier;
    connstat_id id;
    int results[2];
};

static void run(void *(*body)(void *), struct crew *crew, int threads, pthread_t *ids)
{
    for (int i = 0; i < threads; i++)
        assert_int_equal(pthread_create(&ids[i], NULL, body, crew), 0);
}

static void join(pthread_t *ids, int threads)
{
    for (int i = 0; i < threads; i++)
        assert_int_equal(pthread_join(ids[i], NULL), 0);
}

static void *churn(void *arg)
{
    struct crew *crew = arg;
    struct connstat_field field = connstat_text("addr", "10.0.0.7");
    connstat_id ids[16];

    for (int round = 0; round < crew->rounds; round++) {
        for (int i = 0; i < 16; i++)
            CHECK(connstat_register(crew->cs, i % 9, &field, 1, &ids[i]) == 0);
        for (int i = 0; i < 16; i++)
            CHECK(connstat_unregister(crew->cs, ids[i]) == 0);
    }
    return NULL;
}

static void *watch(void *arg)
{
    struct crew *crew = arg;

    while (!crew->stop) {
        struct connstat_counts counts;
        size_t seen = 0;

        CHECK(connstat_counts(crew->cs, &counts) == 0);
        CHECK(counts.total_channels + counts.total_connections <= THREADS * 16 * 2);
        CHECK(connstat_for_each(crew->cs, CONNSTAT_ANY_TYPE, count_entry, &seen) >= 0);
    }
    return NULL;
}

static void test_churn(void **state)
{
    struct crew crew = {.cs = create_segment(1000), .rounds = 1000};
    struct connstat_totals totals;
    pthread_t ids[THREADS], watcher;

    (void)state;
    run(watch, &crew, 1, &watcher);
    run(churn, &crew, THREADS, ids);
    join(ids, THREADS);
    crew.stop = true;
    join(&watcher, 1);
    assert_int_equal(connstat_count(crew.cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(listed(crew.cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_totals(crew.cs, &totals), 0);
    assert_int_equal(totals.joins, 1);
    for (int type = 0; type < 9; type++)
        assert_int_equal(totals.opened[type], totals.closed[type]);
    assert_int_equal(connstat_check(crew.cs, NULL, NULL), 0);
    connstat_close(crew.cs);
}

static void *unregister_the_same(void *arg)
{
    struct crew *crew = arg;

    for (int round = 0; round < crew->rounds; round++) {
        int me = pthread_barrier_wait(&crew->barrier) == PTHREAD_BARRIER_SERIAL_THREAD;

        if (me)
            CHECK(connstat_register(crew->cs, 0, NULL, 0, &crew->id) == 0);
        pthread_barrier_wait(&crew->barrier);
        crew->results[me] = connstat_unregister(crew->cs, crew->id);
        pthread_barrier_wait(&crew->barrier);
        CHECK(crew->results[0] + crew->results[1] == -ENOENT);
        CHECK(crew->results[0] == 0 || crew->results[1] == 0);
        CHECK(connstat_count(crew->cs, 0) == 0);
    }
    return NULL;
}

static void test_one_id_by_two_threads(void **state)
{
    struct crew crew = {.cs = create_segment(8), .rounds = 2000};
    pthread_t ids[2];

    (void)state;
    assert_int_equal(pthread_barrier_init(&crew.barrier, NULL, 2), 0);
    run(unregister_the_same, &crew, 2, ids);
    join(ids, 2);
    pthread_barrier_destroy(&crew.barrier);
    connstat_close(crew.cs);
}

/* Any thread may unregister an entry that another one registered; and it stays when that one ends. */
static void *register_one(void *arg)
{
    struct crew *crew = arg;

    CHECK(connstat_register(crew->cs, 0, NULL, 0, &crew->id) == 0);
    return NULL;
}

static void test_the_process_owns(void **state)
{
    struct crew crew = {.cs = create_segment(8)};
    pthread_t id;

    (void)state;
    for (int i = 0; i < 100; i++) {
        run(register_one, &crew, 1, &id);
        join(&id, 1);
        connstat_reap(crew.cs);
        assert_int_equal(connstat_count(crew.cs, 0), 1);
        assert_int_equal(connstat_unregister(crew.cs, crew.id), 0);
    }
    connstat_close(crew.cs);
}

static void *use_whatever_is_open(void *arg)
{
    struct crew *crew = arg;
    struct connstat_field field = connstat_int("n", 7);

    while (!crew->stop) {
        connstat_t *cs = crew->cs;
        struct connstat_counts counts;
        size_t seen = 0;
        connstat_id id;
        int result = connstat_register(cs, 0, &field, 1, &id);

        CHECK(result == 0 || result == -ENOTCONN);
        CHECK((id != 0) == (result == 0));
        CHECK(connstat_counts(cs, &counts) == 0);
        CHECK(connstat_count(cs, 0) <= 2 * THREADS);
        result = (int)connstat_for_each(cs, 0, count_entry, &seen);
        CHECK(result >= 0 || result == -ENOTCONN);
        do /* -ENOTCONN: the handle is closed just now; another is opened, and the entry is still there */
            result = connstat_unregister(crew->cs, id);
        while (result == -ENOTCONN && !crew->stop);
        CHECK(result == 0 || result == -ENOENT || (result == -ENOTCONN && crew->stop));
        crew->done++;
    }
    return NULL;
}

/* Closes the handle under threads that read and register through it, and opens another. If closing
 * did not wait for a grace period before it unmaps, they would fault. */
static void close_and_open(bool overlapping)
{
    struct crew crew = {.cs = create_segment(64)};
    connstat_t *first = overlapping ? open_segment(0) : NULL;
    pthread_t ids[THREADS];
    unsigned long seen;

    alarm(PATIENCE_S);
    run(use_whatever_is_open, &crew, THREADS, ids);
    for (int i = 0; i < 60; i++) {
        connstat_t *old = crew.cs, *next;

        if (overlapping) {
            next = open_segment(0);
            crew.cs = next;
            connstat_close(old);
        } else {
            connstat_close(old);
            crew.cs = open_segment(0);
        }
        seen = crew.done;
        while (crew.done == seen) /* until some thread has made a call through the new handle */
            sched_yield();
    }
    crew.stop = true;
    join(ids, THREADS);
    alarm(0);
    assert_int_equal(connstat_count(crew.cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_check(crew.cs, NULL, NULL), 0);
    connstat_close(crew.cs);
    connstat_close(first);
}

static void test_close_and_open_again(void **state)
{
    (void)state;
    close_and_open(false);
}

static void test_close_one_of_several(void **state)
{
    (void)state;
    close_and_open(true);
}

static void *leave_and_join(void *arg)
{
    struct crew *crew = arg;

    for (int i = 0; i < 40; i++)
        CHECK(connstat_leave(crew->cs) == 0);
    return NULL;
}

static void *register_through_leaves(void *arg)
{
    struct crew *crew = arg;
    connstat_id id;

    while (!crew->stop) {
        CHECK(connstat_register(crew->cs, 0, NULL, 0, &id) == 0);
        int result = connstat_unregister(crew->cs, id);
        CHECK(result == 0 || result == -ENOENT);
    }
    return NULL;
}

static void test_leave_under_threads(void **state)
{
    struct crew crew = {.cs = create_segment(64)};
    pthread_t ids[THREADS], leaver;

    (void)state;
    run(register_through_leaves, &crew, THREADS, ids);
    run(leave_and_join, &crew, 1, &leaver);
    join(&leaver, 1);
    crew.stop = true;
    join(ids, THREADS);
    assert_int_equal(connstat_leave(crew.cs), 0);
    assert_int_equal(connstat_count(crew.cs, 0), 0);
    assert_int_equal(connstat_check(crew.cs, NULL, NULL), 0);
    connstat_close(crew.cs);
}

static void *read_on(void *arg)
{
    struct crew *crew = arg;

    while (!crew->stop) {
        connstat_t *cs = crew->cs;
        size_t seen = 0;

        CHECK(connstat_count(cs, CONNSTAT_ANY_TYPE) <= 3);
        CHECK(connstat_for_each(cs, CONNSTAT_ANY_TYPE, count_entry, &seen) <= 3);
        crew->done++;
    }
    return NULL;
}

/* A read-only handle goes on to the segment that replaces its own, while threads read through it. */
static void test_replaced_under_readers(void **state)
{
    connstat_t *writer = create_segment(8);
    struct crew crew = {.cs = open_segment(CONNSTAT_READ_ONLY)};
    pthread_t ids[2];
    connstat_id id;

    (void)state;
    alarm(PATIENCE_S);
    run(read_on, &crew, 2, ids);
    for (int i = 0; i < 50; i++) {
        unsigned long seen;

        connstat_close(writer);
        assert_int_equal(connstat_destroy("test"), 0);
        writer = create_segment(8 + (uint32_t)i % 2);
        for (int k = 0; k < 3; k++)
            assert_int_equal(connstat_register(writer, k, NULL, 0, &id), 0);
        seen = crew.done;
        while (crew.done < seen + 5)
            sched_yield();
        assert_int_equal(connstat_count(crew.cs, CONNSTAT_ANY_TYPE), 3);
    }
    crew.stop = true;
    join(ids, 2);
    alarm(0);
    connstat_close(crew.cs);
    connstat_close(writer);
}

static void *register_and_end(void *arg)
{
    connstat_id id;

    if (connstat_register(arg, 0, NULL, 0, &id) != 0 || connstat_unregister(arg, id) != 0)
        abort();
    return NULL;
}

static int expect_own(const struct connstat_entry *entry, void *arg)
{
    (void)arg;
    CHECK(entry->pid == getpid());
    return 0;
}

static void register_as_a_child(struct child *self, void *arg)
{
    connstat_id id;

    (void)self;
    CHECK(connstat_register(arg, 0, NULL, 0, &id) == 0);
    CHECK(connstat_for_each(arg, 0, expect_own, NULL) == 1);
    CHECK(connstat_unregister(arg, id) == 0);
    CHECK(connstat_leave(arg) == 0);
    _exit(0);
}

/* What a thread leaves behind is for the next thread of the same membership, and of no other: neither
 * after the process has left, nor in a child. */
static void test_threads_of_two_memberships(void **state)
{
    connstat_t *cs = create_segment(64);
    struct connstat_totals totals;
    pthread_t thread;

    (void)state;
    for (int membership = 0; membership < 4; membership++) {
        for (int n = 0; n < 3; n++) {
            assert_int_equal(pthread_create(&thread, NULL, register_and_end, cs), 0);
            assert_int_equal(pthread_join(thread, NULL), 0);
        }
        in_child(register_as_a_child, cs);
        assert_int_equal(connstat_leave(cs), 0);
    }
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    assert_int_equal(connstat_totals(cs, &totals), 0);
    assert_int_equal(totals.opened[0], 16);
    assert_int_equal(totals.closed[0], 16);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_threads_of_two_memberships), TEST(test_churn),
        TEST(test_one_id_by_two_threads),      TEST(test_the_process_owns),
        TEST(test_close_and_open_again),       TEST(test_close_one_of_several),
        TEST(test_leave_under_threads),        TEST(test_replaced_under_readers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
