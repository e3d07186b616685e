/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A process is stopped at an instruction of an operation, for as long as it likes. Meanwhile all
 * operations of others come to their end, some of them counted instruction by instruction; then the
 * first goes on, and all invariants hold. Then two at once, each stopped in the middle of the
 * other.
 */
#include "operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SAMPLES      60
#define COUNTED      60     /* one point in so many has its bystander counted */
#define INSTRUCTIONS 600000 /* of a bystander that joins, registers, lists, reaps and leaves */
#define PAIRS        10     /* of each of two */
#define SECONDS      280    /* nothing here waits for anybody; a hang ends here */

static struct verdict expect(const struct operation *operation, pid_t actor, int actors)
{
    uint64_t others = operation->colleague ? COLLEAGUES_ENTRIES : 0;
    uint64_t held = (uint64_t)(operation->entries - operation->closed);

    return (struct verdict){
        .pid = actor,
        .exited = true,
        .deaths_max = operation->colleague + actors + 1, /* and a bystander */
        .lost_min = others,
        .lost_max = others + (uint64_t)actors * (held + (uint64_t)operation->grows),
    };
}

static int keep_count(const struct connstat_entry *entry, void *arg)
{
    (void)entry;
    ++*(uint64_t *)arg;
    return 0;
}

static int bystander_life(void *arg)
{
    struct world *world = arg;
    connstat_id id;
    uint64_t seen = 0;
    int error;

    bracket_begin();
    error = enter(world->cs, 1, 77, &id);
    if (error == 0)
        error = connstat_unregister(world->cs, id);
    connstat_for_each(world->cs, CONNSTAT_ANY_TYPE, keep_count, &seen);
    if (connstat_reap(world->cs) < 0 || connstat_leave(world->cs) != 0)
        error = 1;
    bracket_end();
    return error == 0 || error == -28 ? 0 : 5;
}

static void use_the_pause(const struct operation *operation, struct world *world, size_t n)
{
    uint64_t held = (uint64_t)(operation->entries - operation->closed);

    if (n % COUNTED == 0) {
        pid_t bystander = child_start(bystander_life, world);

        require(child_walk(bystander, INSTRUCTIONS) <= INSTRUCTIONS);
        require(child_finish(bystander) == 0);
    }
    require(connstat_reap(world->cs) >= 0);
    world_use(world, held - (uint64_t)operation->shrinks, held + (uint64_t)operation->grows,
              (uint64_t)(1 + operation->shrinks + operation->closed));
}

static void judge(const struct operation *operation, struct world *world, pid_t actor, int actors)
{
    struct verdict verdict = expect(operation, actor, actors);

    require(connstat_reap(world->cs) >= 0);
    world_judge(world, &verdict);
    world_end(world);
}

static void stop_at(const struct operation *operation, const struct trace *trace, size_t n)
{
    struct world world;
    struct actor actor;
    pid_t child;

    say_where(operation->name, n);
    operation_world(operation, &world);
    child = operation_start(operation, &world, &actor, n);
    (void)child_run_to(child, trace, n);
    use_the_pause(operation, &world, n);
    require(child_finish(child) == 0);
    judge(operation, &world, child, 1);
}

static void stop_both(const struct operation *operation, const struct trace *trace, size_t m,
                      size_t n)
{
    struct world world;
    struct actor first, second;
    pid_t one, other;

    say_where(operation->name, m * 1000000 + n);
    operation_world(operation, &world);
    one = operation_start(operation, &world, &first, m);
    other = operation_start(operation, &world, &second, n);
    (void)child_run_to(one, trace, m);
    (void)child_run_to(other, trace, n);
    require(child_finish(one) == 0);
    require(child_finish(other) == 0);
    judge(operation, &world, one, 2);
}

static size_t next_visible(const struct trace *trace, size_t n)
{
    while (n < trace->count && !trace->visible[n])
        n++;
    return n;
}

static size_t stop_pairs(const struct operation *operation, const struct trace *trace,
                         size_t visible)
{
    size_t stride = visible / PAIRS + 1, pairs = 0, i = 0, j;

    for (size_t m = next_visible(trace, 0); m < trace->count; m = next_visible(trace, m + 1), i++) {
        j = 0;
        for (size_t n = next_visible(trace, 0); n < trace->count && i % stride == 0;
             n = next_visible(trace, n + 1), j++)
            if (j % stride == 0) {
                stop_both(operation, trace, m, n);
                pairs++;
            }
    }
    return pairs;
}

static void stop_everywhere(const struct operation *operation)
{
    struct trace trace;
    size_t points = 0, visible = 0, pairs = 0, stride;

    say_where(operation->name, 0);
    operation_walk(operation, &trace);
    stride = trace.count / SAMPLES + 1;
    for (size_t n = 0; n < trace.count; n++) {
        visible += trace.visible[n];
        if (trace.visible[n] || n % stride == 0) {
            stop_at(operation, &trace, n);
            points++;
        }
    }
    /* Two who need more slots, or more places of the key, than there are make no pair. */
    if (2 * operation->entries + operation->crowd < CAPACITY && !operation->keyed)
        pairs = stop_pairs(operation, &trace, visible);
    printf("%-32s %6zu instructions, %5zu stop points, %5zu pairs\n", operation->name, trace.count,
           points, pairs);
    fflush(stdout);
    trace_free(&trace);
}

int main(int argc, char **argv)
{
    alarm(SECONDS);
    worlds_begin();
    for (int i = 1; i < argc; i++) {
        const struct operation *operation = &operations[strtoul(argv[i], NULL, 10)];

        if (!operation->makes_segment)
            stop_everywhere(operation);
    }
    worlds_end();
    return 0;
}
