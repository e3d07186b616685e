/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A thread that is cancelled (deferred, as is the default) before or in the middle of any call:
 * the call comes to its end first, and every other thread and process goes on.
 */
#include "harness.h"
#include "world.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

struct cancelled {
    const struct function *function;
    struct world *world;
    atomic_int stage; /* 0 not begun, 1 in the call, 2 behind it */
    bool before;      /* it calls with its cancellation pending */
};

static void *call_and_die(void *arg)
{
    struct cancelled *c = arg;

    if (c->before)
        pthread_cancel(pthread_self());
    atomic_store(&c->stage, 1);
    c->function->call(c->world);
    atomic_store(&c->stage, 2);
    for (;;)
        pause();
    return NULL;
}

static void wait_a_moment(long ns)
{
    struct timespec until, now;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ns;
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while (now.tv_sec * 1000000000L + now.tv_nsec < until.tv_sec * 1000000000L + until.tv_nsec);
}

/* In a process of its own: a fault hangs it, or leaves what the world finds. */
static void cancel_one(struct child *self, void *arg)
{
    struct cancelled *c = arg;
    struct world world;
    pthread_t thread;
    void *result;

    (void)self;
    alarm(PATIENCE_S);
    world_begin(&world);
    c->world = &world;
    CHECK(pthread_create(&thread, NULL, call_and_die, c) == 0);
    while (atomic_load(&c->stage) == 0)
        sched_yield();
    if (!c->before) {
        wait_a_moment((long)(c->function - functions) * 997 % 50000);
        pthread_cancel(thread);
    }
    CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
    CHECK(atomic_load(&c->stage) == 2);
    world_end(&world);
}

static void cancel_all(bool before)
{
    for (size_t i = 0; i < function_count; i++) {
        struct cancelled c = {.function = &functions[i], .before = before};
        struct child child;
        int status;

        assert_int_equal(harness_setup(NULL), 0);
        child = child_start(cancel_one, &c);
        assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
        if (status != 0)
            print_error("%s: %#x\n", functions[i].name, status);
        assert_int_equal(status, 0);
        close(child.hears);
        close(child.says);
        assert_int_equal(harness_teardown(NULL), 0);
    }
    print_message("%zu calls, each cancelled %s\n", function_count, before ? "before" : "inside");
}

static void test_cancelled_before(void **state)
{
    (void)state;
    cancel_all(true);
}

static void test_cancelled_inside(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        cancel_all(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancelled_before),
        cmocka_unit_test(test_cancelled_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
