/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How much of its thread's stack each public function uses: the stack is painted before the call,
 * and afterwards the deepest byte is sought that has another colour. A host may call from a thread
 * with little stack, such as a coroutine's: 6 KB are enough for the calls that every connection makes,
 * 16 KB for any other. connstat(3) says the same.
 *
 *   test_guest_stack        fails beyond
 *   test_guest_stack say    and says how much each function uses
 */
#include "world.h"

#include <pthread.h>
#include <sys/mman.h>

enum { STACK = 256 * 1024, COLOUR = 0xa5, OF_EVERY_CONNECTION = 6 * 1024, OF_ANY = 16 * 1024 };

static bool says;

static const char *const of_every_connection[] = {
    "register",          "register_encoded", "register_key", "unregister",
    "unregister, stale", "update",           "touch",        "move",
};

static size_t bound_of(const struct function *function)
{
    for (size_t i = 0; i < COUNT(of_every_connection); i++)
        if (strcmp(function->name, of_every_connection[i]) == 0)
            return OF_EVERY_CONNECTION;
    return OF_ANY;
}

struct measure {
    const struct function *function;
    struct world world;
    uint8_t *stack;
    size_t used;
};

/* From a frame's own address downwards, where nothing is in use. */
static __attribute__((noinline)) uint8_t *paint(uint8_t *stack)
{
    volatile uint8_t *here = __builtin_frame_address(0);
    volatile uint8_t *top = here - 256;

    for (volatile uint8_t *byte = stack; byte < top; byte++)
        *byte = COLOUR;
    return (uint8_t *)top;
}

static void *call(void *arg)
{
    struct measure *measure = arg;
    uint8_t *top = paint(measure->stack), *deepest = measure->stack;

    measure->function->call(&measure->world);
    while (deepest < top && *deepest == COLOUR)
        deepest++;
    measure->used = (size_t)(top - deepest);
    return NULL;
}

static void call_in_thread(struct measure *measure)
{
    pthread_attr_t attributes;
    pthread_t thread;

    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstack(&attributes, measure->stack, STACK) == 0);
    CHECK(pthread_create(&thread, &attributes, call, measure) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

static void measure_one(struct child *self, void *arg)
{
    struct measure measure = {.function = arg};

    (void)self;
    alarm(PATIENCE_S);
    measure.stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(measure.stack != MAP_FAILED);
    world_begin(&measure.world);
    call_in_thread(&measure);
    if (says)
        fprintf(stderr, "%-24s %6zu\n", measure.function->name, measure.used);
    else if (measure.used > bound_of(measure.function))
        fprintf(stderr, "%s uses %zu bytes of stack\n", measure.function->name, measure.used);
    CHECK(measure.used > 0 && measure.used <= bound_of(measure.function));
    world_end(&measure.world);
}

static void test_stack(void **state)
{
    int failed = 0;

    (void)state;
    for (size_t i = 0; i < function_count; i++) {
        struct child child;
        int status;

        assert_int_equal(harness_setup(NULL), 0);
        child = child_start(measure_one, (void *)&functions[i]);
        assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
        failed += status != 0;
        close(child.hears);
        close(child.says);
        assert_int_equal(harness_teardown(NULL), 0);
    }
    assert_int_equal(failed, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stack)};

    says = argc == 2 && strcmp(argv[1], "say") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
