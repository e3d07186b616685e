/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Threads that end what others are using: they close a handle, leave, fork or repair while others
 * call. Each test makes a number of rounds, and then checks what is left.
 */
#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>

static _Atomic(connstat_t *) shared;
static atomic_bool stop;

static void begin(pthread_t *threads, size_t count, void *(*run)(void *))
{
    atomic_store(&stop, false);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, (void *)(uintptr_t)i), 0);
}

static void end(pthread_t *threads, size_t count)
{
    atomic_store(&stop, true);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* ---- closing -------------------------------------------------------------------------------- */

static void *call_anything(void *arg)
{
    while (!atomic_load(&stop)) {
        connstat_t *cs = atomic_load(&shared);

        if (arg == NULL) {
            (void)connstat_join(cs, "late");
            (void)connstat_reap(cs);
        } else {
            (void)connstat_reaper_start(cs);
            (void)connstat_reaper_fd(cs);
        }
    }
    return NULL;
}

static int count_worker(const struct connstat_worker *worker, void *arg)
{
    (void)worker;
    (void)arg;
    return 0;
}

/* A call that comes after the close finds the handle closed: it must neither join the segment anew nor
 * use anything that closing gave back. */
static void test_close_beside_long_calls(void **state)
{
    connstat_t *keeper = create_segment(8), *reader = open_segment(CONNSTAT_READ_ONLY);
    pthread_t threads[2];
    struct connstat_info info;

    (void)state;
    connstat_close(keeper);
    atomic_store(&shared, open_segment(0));
    begin(threads, COUNT(threads), call_anything);
    for (int i = 0; i < 500; i++) {
        connstat_t *next = open_segment(0), *last = atomic_exchange(&shared, next);

        connstat_close(last);
    }
    end(threads, COUNT(threads));
    connstat_close(atomic_load(&shared));
    assert_int_equal(connstat_for_each_worker(reader, count_worker, NULL), 0);
    assert_int_equal(connstat_info(reader, &info), 0);
    assert_int_equal(info.reapers, 0);
    connstat_close(reader);
}

/* A registration that was under way while the last handle was closed must not join the segment again:
 * that worker would stay for ever. */
static void test_late_join_leaves_nobody(void **state)
{
    connstat_t *keeper = create_segment(8), *reader = open_segment(CONNSTAT_READ_ONLY);
    pthread_t threads[1];

    (void)state;
    connstat_close(keeper);
    for (int i = 0; i < 300; i++) {
        atomic_store(&shared, open_segment(0));
        begin(threads, COUNT(threads), call_anything);
        for (int n = 0; n < i % 7; n++)
            sched_yield();
        connstat_close(atomic_load(&shared));
        end(threads, COUNT(threads));
        assert_int_equal(connstat_for_each_worker(reader, count_worker, NULL), 0);
    }
    connstat_close(reader);
}

/* ---- forking -------------------------------------------------------------------------------- */

static void *register_or_leave(void *arg)
{
    connstat_t *cs = atomic_load(&shared);

    while (!atomic_load(&stop)) {
        connstat_id id;

        if (arg == NULL)
            (void)connstat_leave(cs);
        else
            (void)connstat_register(cs, 0, NULL, 0, &id);
    }
    return NULL;
}

/* fork takes the locks of liburcu and of the library. Meanwhile one thread waits for a grace period
 * and another joins inside a read-side section; with a wrong order of locks they would deadlock. */
static void test_fork_beside_leave_and_join(void **state)
{
    pthread_t threads[3];

    (void)state;
    alarm(2 * PATIENCE_S);
    atomic_store(&shared, create_segment(64));
    begin(threads, COUNT(threads), register_or_leave);
    for (int i = 0; i < 300; i++) {
        int status;
        pid_t pid = fork();

        if (pid == 0)
            _exit(0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    end(threads, COUNT(threads));
    alarm(0);
    connstat_close(atomic_load(&shared));
}

/* ---- repairing ------------------------------------------------------------------------------ */

static void *repair(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop))
        if (connstat_repair(atomic_load(&shared)) != 0)
            abort(); /* nothing is broken */
    return NULL;
}

/* connstat_repair on a segment in use must not hide an entry that is being registered. */
static void test_repair_beside_registering(void **state)
{
    enum { ENTRIES = 32 };
    connstat_t *cs = create_segment(ENTRIES);
    pthread_t threads[1];
    connstat_id ids[ENTRIES];

    (void)state;
    atomic_store(&shared, cs);
    begin(threads, COUNT(threads), repair);
    for (int round = 0; round < 20000; round++) {
        for (int i = 0; i < ENTRIES; i++)
            assert_int_equal(connstat_register(cs, 0, NULL, 0, &ids[i]), 0);
        assert_int_equal(listed(cs, 0), ENTRIES);
        for (int i = 0; i < ENTRIES; i++)
            assert_int_equal(connstat_unregister(cs, ids[i]), 0);
    }
    end(threads, COUNT(threads));
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_close_beside_long_calls),
        TEST(test_late_join_leaves_nobody),
        TEST(test_fork_beside_leave_and_join),
        TEST(test_repair_beside_registering),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
