/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Entries that belong to a thread (connstat_own_by_thread): they go when the thread ends, however it
 * ends, and another thread of the process may unregister them.
 */
#include "harness.h"

#include <pthread.h>
#include <sys/syscall.h>

struct thread_of {
    connstat_t *cs;
    connstat_id id;
    bool raw; /* it ends by the system call, so libc runs no destructors of the thread */
};

static void *own_and_end(void *arg)
{
    struct thread_of *me = arg;

    CHECK(connstat_own_by_thread(me->cs, true) == 0);
    register_some(me->cs, 0, 3);
    CHECK(connstat_register(me->cs, 1, NULL, 0, &me->id) == 0);
    CHECK(connstat_own_by_thread(me->cs, false) == 0);
    register_some(me->cs, 2, 2);
    CHECK(connstat_count(me->cs, 0) == 3);
    if (me->raw)
        syscall(SYS_exit, 0);
    return NULL;
}

static int note_thread(const struct connstat_worker *worker, void *arg)
{
    if (worker->pid == getpid())
        *(pid_t *)arg = worker->tid;
    return 0;
}

static void register_in_child(struct child *self, void *cs)
{
    pid_t tid = -1;

    (void)self;
    register_some(cs, 0, 1);
    CHECK(connstat_for_each_worker(cs, note_thread, &tid) > 0);
    CHECK(tid == 0);
}

/* What its thread owned in the parent was the parent's: the child's entries are the child's own. It comes
 * first, when this process joins for the first time. */
static void test_fork_of_an_owner(void **state)
{
    connstat_t *cs = create_segment(16);

    (void)state;
    assert_int_equal(connstat_own_by_thread(cs, true), 0);
    register_some(cs, 0, 1);
    in_child(register_in_child, cs);
    assert_int_equal(connstat_own_by_thread(cs, false), 0);
    connstat_close(cs);
}

static void test_thread_ends(void **state)
{
    struct thread_of me = {.cs = create_segment(16)};
    struct connstat_totals totals;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, own_and_end, &me), 0);
    pthread_join(thread, NULL);
    assert_int_equal(connstat_count(me.cs, 0), 0);
    assert_int_equal(connstat_count(me.cs, 1), 0);
    assert_int_equal(connstat_count(me.cs, 2),
                     2); /* registered after it gave up owning: they belong to the process */
    connstat_totals(me.cs, &totals);
    assert_int_equal(totals.closed[0], 3);
    assert_int_equal(totals.lost[0], 0);
    assert_int_equal(connstat_unregister(me.cs, me.id), -ENOENT);
    assert_int_equal(connstat_check(me.cs, NULL, NULL), 0);
    connstat_close(me.cs);
}

/* Runs in a child, because a process with a sanitizer does not survive such an end of a thread. */
static void end_a_thread_raw(struct child *self, void *arg)
{
    struct thread_of me = {.cs = arg, .raw = true};
    pthread_t thread;

    (void)self;
    CHECK(pthread_create(&thread, NULL, own_and_end, &me) == 0);
    CHECK(pthread_join(thread, NULL) ==
          0); /* returns when the kernel says that the thread is gone */
    for (int i = 0; i < PATIENCE_S * 100 && connstat_count(me.cs, 0) != 0; i++) {
        CHECK(connstat_reap(me.cs) >= 0);
        usleep(10000);
    }
    CHECK(connstat_count(me.cs, 0) == 0);
    CHECK(connstat_count(me.cs, 2) == 2);
    CHECK(connstat_check(me.cs, NULL, NULL) == 0);
}

static void test_thread_ends_without_destructors(void **state)
{
    connstat_t *cs = create_segment(16);

    (void)state;
    in_child(end_a_thread_raw, cs);
    connstat_close(cs);
}

struct meeting {
    struct thread_of of;
    pthread_barrier_t barrier;
};

static void *own_and_wait(void *arg)
{
    struct meeting *meeting = arg;

    CHECK(connstat_own_by_thread(meeting->of.cs, true) == 0);
    CHECK(connstat_register(meeting->of.cs, 0, NULL, 0, &meeting->of.id) == 0);
    pthread_barrier_wait(&meeting->barrier);
    pthread_barrier_wait(&meeting->barrier);
    CHECK(connstat_unregister(meeting->of.cs, meeting->of.id) == -ENOENT);
    return NULL;
}

static void join_and_pause(struct child *self, void *arg)
{
    register_some(arg, 2, 1);
    child_pause(self);
}

/* Another process has the first record, so that the threads' process has none of number 0. */
static void test_another_thread_unregisters(void **state)
{
    struct meeting meeting = {.of.cs = create_segment(16)};
    connstat_t *cs = meeting.of.cs;
    struct child first = child_start(join_and_pause, cs);
    pthread_t thread;

    (void)state;
    child_reached(&first);
    register_some(cs, 1, 1);
    pthread_barrier_init(&meeting.barrier, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, own_and_wait, &meeting), 0);
    pthread_barrier_wait(&meeting.barrier);
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_int_equal(connstat_unregister(cs, meeting.of.id), 0);
    assert_int_equal(connstat_count(cs, 0), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    pthread_barrier_wait(&meeting.barrier);
    pthread_join(thread, NULL);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    child_go_on(&first);
    child_finish(&first);
    connstat_close(cs);
}

static void own_and_pause(struct child *self, void *arg)
{
    register_some(arg, 1, 2);
    CHECK(connstat_own_by_thread(arg, true) == 0);
    register_some(arg, 0, 3);
    child_pause(self);
}

static void test_process_dies_with_its_threads(void **state)
{
    connstat_t *cs = create_segment(16);
    struct child worker = child_start(own_and_pause, cs);

    (void)state;
    child_reached(&worker);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 5);
    child_kill(&worker);
    assert_true(connstat_reap(cs) >= 1);
    assert_int_equal(connstat_count(cs, CONNSTAT_ANY_TYPE), 0);
    assert_int_equal(connstat_check(cs, NULL, NULL), 0);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fork_of_an_owner),
        TEST(test_thread_ends),
        TEST(test_thread_ends_without_destructors),
        TEST(test_another_thread_unregisters),
        TEST(test_process_dies_with_its_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
