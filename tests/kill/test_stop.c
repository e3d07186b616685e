/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Stops a process at instructions of each operation: at all where something changes that others can see,
 * and at a share of the rest (step.h).
 *   1. While it stands, all operations of others must come to their end. For some points the
 *      instructions that they take are counted and bounded. Then the first process goes on, and all
 *      invariants must hold.
 *   2. Two processes are stopped in the middle of the same operation, and go on one after the other.
 */
#include "judge.h"
#include "operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OFTEN        3 /* so many turns of a loop are tried without exception, or $KILL_TURNS */
#define SHARE        8 /* of what nobody else can see, one point in so many is tried, or $KILL_SHARE */
#define COUNTED      1 /* at so many points of an operation the bystander's instructions are counted */
#define INSTRUCTIONS 600000 /* the most that it may take to join, register, list, reap and leave */
#define PAIRS        10     /* so many points of each of two processes are tried with one another */
#define SECONDS      840    /* only a hang ends here */

static uint64_t seed;

static struct verdict expect(const struct operation *operation, pid_t actor, int actors)
{
    uint64_t others = operation_losses(operation);
    int left = operation->entries - operation->closed + operation->grows - operation->shrinks;

    return (struct verdict){
        .pid = actor,
        .exited = true,
        /* Each actor may also have a thread's record, and there is a bystander. */
        .deaths_max = operation_deaths(operation) + 2 * actors + 1,
        /* Nobody was killed: the actors lose what they had when they exited, no more and no less. */
        .lost_min = others + (uint64_t)(actors * left),
        .lost_max = others + (uint64_t)(actors * left),
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

static void use_the_pause(const struct operation *operation, struct world *world, bool counted)
{
    uint64_t held = (uint64_t)(operation->entries - operation->closed);

    if (counted) {
        pid_t bystander = child_start(bystander_life, world);

        require(child_walk(bystander, INSTRUCTIONS) <= INSTRUCTIONS);
        require(child_finish(bystander) == 0);
    }
    require(world_reap(world->cs) >= 0);
    world_use(world, held - (uint64_t)operation->shrinks,
              held + (uint64_t)(operation->grows + operation->passing),
              (uint64_t)(1 + operation->shrinks + operation->passing + operation->closed));
}

static void judge(const struct operation *operation, struct world *world, pid_t actor, int actors)
{
    struct verdict verdict = expect(operation, actor, actors);

    require(world_reap(world->cs) >= 0);
    world_judge(world, &verdict);
    world_end(world);
}

/* False: it took another way than the trace, and was stopped somewhere else. */
static bool stop_at(const struct operation *operation, const struct trace *trace, size_t n,
                    bool counted)
{
    struct world world;
    struct actor actor;
    bool there;
    pid_t child;

    say_where(operation->name, n);
    operation_world(operation, &world);
    child = operation_start(operation, &world, &actor, n);
    there = child_run_to(child, trace, n);
    use_the_pause(operation, &world, counted);
    require(child_finish(child) == 0);
    judge(operation, &world, child, 1);
    return there;
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

static size_t stop_pairs(const struct operation *operation, const struct trace *trace)
{
    size_t stride = trace_visible(trace) / PAIRS + 1, pairs = 0, i = seed, j;

    if (!operation_pairs(operation))
        return 0;
    for (size_t m = trace_next(trace, 0); m < trace->count; m = trace_next(trace, m + 1)) {
        if (i++ % stride != 0)
            continue;
        j = seed;
        for (size_t n = trace_next(trace, 0); n < trace->count; n = trace_next(trace, n + 1))
            if (j++ % stride == 0) {
                stop_both(operation, trace, m, n);
                pairs++;
            }
    }
    return pairs;
}

/* Tries the points of a trace. Between two visible changes it makes no difference to others where the
 * process stands. So of the instructions of libc, and of the later turns of loops, those are tried at
 * which something visible changed, and a share of the others. */
static size_t stop_everywhere(const struct operation *operation, const struct trace *trace)
{
    const struct choice choice = {
        .own = turns_choose(OFTEN), .share = share_choose(SHARE), .seed = seed};
    size_t points = 0, there = 0, own_points = 0, seen = 0;
    size_t stride = trace_visible(trace) / COUNTED + 1;

    for (size_t n = 0; n < trace->count; n++) {
        if (!trace_chosen(trace, n, &choice))
            continue;
        points++;
        own_points += is_own(trace->pc[n]);
        seen += trace->visible[n];
        there += stop_at(operation, trace, n, trace->visible[n] && (seen + seed) % stride == 0);
    }
    printf("%-32s %6zu instructions, %5zu stop points (%5zu of the program), %zu exactly there\n",
           operation->name, trace->count, points, own_points, there);
    return points;
}

static size_t stop_all(const struct operation *operation)
{
    struct trace trace;
    size_t points, pairs;

    say_where(operation->name, 0);
    for (int round = 0; round < 2; round++) { /* twice: test_kill.c says why */
        operation_walk(operation, &trace);
        (void)stop_at(operation, &trace, 0, false);
        (void)stop_at(operation, &trace, 1, false);
        if (round == 0)
            trace_free(&trace);
    }
    points = stop_everywhere(operation, &trace);
    pairs = stop_pairs(operation, &trace);
    printf("%-32s %6zu pairs\n", operation->name, pairs);
    fflush(stdout);
    trace_free(&trace);
    return points + pairs;
}

int main(int argc, char **argv)
{
    size_t points = 0;

    alarm(SECONDS);
    seed = seed_choose();
    worlds_begin();
    for (int i = 1; i < argc; i++) {
        const struct operation *operation = &operations[strtoul(argv[i], NULL, 10)];

        if (!operation->makes_segment)
            points += stop_all(operation);
    }
    worlds_end();
    printf("%zu stop points, seed %llu\n", points, (unsigned long long)seed);
    return 0;
}
