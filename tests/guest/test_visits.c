/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a host does in a visit, or to one: closing the handle, ending the thread.
 */
#include "harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

struct visit {
    connstat_t *cs;
    atomic_bool begun, closed;
    int visits, after_close;
};

static void nap(void)
{
    const struct timespec moment = {.tv_nsec = 20000000};

    nanosleep(&moment, NULL);
}

static int visit_slowly(const struct connstat_entry *entry, void *arg)
{
    struct visit *v = arg;

    (void)entry;
    atomic_store(&v->begun, true);
    nap();
    v->after_close += atomic_load(&v->closed);
    v->visits++;
    return 0;
}

static void *visit_all(void *arg)
{
    struct visit *v = arg;

    (void)connstat_for_each(v->cs, CONNSTAT_ANY_TYPE, visit_slowly, v);
    return NULL;
}

/* What the visits use may be freed after the close. */
static void test_close_waits_for_visits(void **state)
{
    struct visit v = {.cs = create_segment(64)};
    connstat_t *keeps = open_segment(0);
    pthread_t thread;

    (void)state;
    register_some(v.cs, 0, 10);
    assert_int_equal(pthread_create(&thread, NULL, visit_all, &v), 0);
    while (!atomic_load(&v.begun))
        sched_yield();
    connstat_close(v.cs);
    atomic_store(&v.closed, true);
    pthread_join(thread, NULL);
    assert_int_equal(v.visits, 10);
    assert_int_equal(v.after_close, 0);
    assert_int_equal(connstat_count(v.cs, 0), 0);
    assert_int_equal(connstat_count(keeps, 0), 10);
    connstat_close(keeps);
}

static int close_inside(const struct connstat_entry *entry, void *arg)
{
    (void)entry;
    errno = 0;
    connstat_close(arg);
    return errno;
}

/* It would wait for itself: nothing is closed. */
static void test_close_inside_a_visit(void **state)
{
    connstat_t *cs = create_segment(64);
    connstat_id id;

    (void)state;
    assert_int_equal(connstat_register(cs, 0, NULL, 0, &id), 0);
    assert_int_equal(connstat_get(cs, id, close_inside, cs), EDEADLK);
    assert_int_equal(connstat_count(cs, 0), 1);
    assert_int_equal(connstat_unregister(cs, id), 0);
    connstat_close(cs);
}

static int end_thread(const struct connstat_entry *entry, void *arg)
{
    (void)entry;
    (void)arg;
    pthread_exit(arg);
}

static void *visit_and_end(void *arg)
{
    (void)connstat_for_each(arg, 0, end_thread, arg);
    return NULL;
}

/* A visit that is left by pthread_exit, as by an exception, is over: nobody waits for it. */
static void test_pthread_exit_out_of_a_visit(void **state)
{
    connstat_t *cs = create_segment(64);
    pthread_t thread;
    void *result;

    (void)state;
    register_some(cs, 0, 1);
    assert_int_equal(pthread_create(&thread, NULL, visit_and_end, cs), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, cs);
    alarm(PATIENCE_S);
    connstat_close(cs);
    alarm(0);
}

static void close_in_child(struct child *self, void *arg)
{
    (void)self;
    connstat_close(arg);
}

/* The threads that are inside of one are the parent's. */
static void test_fork_beside_a_visit(void **state)
{
    struct visit v = {.cs = create_segment(64)};
    pthread_t thread;

    (void)state;
    register_some(v.cs, 0, 10);
    assert_int_equal(pthread_create(&thread, NULL, visit_all, &v), 0);
    while (!atomic_load(&v.begun))
        sched_yield();
    in_child(close_in_child, v.cs);
    pthread_join(thread, NULL);
    assert_int_equal(v.visits, 10);
    connstat_close(v.cs);
}

/* ---- memory --------------------------------------------------------------------------------- */

/* A closed handle answers for long; not for ever: the memory of one that was closed a thousand
 * handles ago is used again. */
static void test_memory_of_closed_handles(void **state)
{
    connstat_t *cs = create_segment(8), *first = open_segment(0), *again = NULL;
    bool reused = false;

    (void)state;
    connstat_close(first);
    for (int i = 0; i < 1000; i++) {
        again = open_segment(0);
        assert_ptr_not_equal(again, first);
        connstat_close(again);
    }
    assert_int_equal(connstat_type_count(first), -ENOTCONN);
    for (int i = 0; i < 3; i++) {
        again = open_segment(0);
        reused |= again == first;
        connstat_close(again);
    }
    assert_true(reused);
    connstat_close(cs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_close_waits_for_visits),      TEST(test_close_inside_a_visit),
        TEST(test_pthread_exit_out_of_a_visit), TEST(test_fork_beside_a_visit),
        TEST(test_memory_of_closed_handles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
