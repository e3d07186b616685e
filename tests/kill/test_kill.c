/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Kills a process at instructions of each operation: at all where something changes that others can see,
 * and at a share of the rest (step.h).
 *   1. SIGKILL after n instructions; another process reaps once, with the dead one still a zombie or,
 *      every other time, gone; then all invariants must hold.
 *   2. Two processes at once: the second is killed while the first stands in the middle of the same
 *      operation; the first is then killed, too, or goes on.
 * Arguments: the numbers of operations, e.g. "test_kill 0 3"; without them, all.
 */
#include "judge.h"
#include "operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OFTEN   3   /* so many turns of a loop are tried without exception, or $KILL_TURNS */
#define SHARE   16  /* of what nobody else can see, one point in so many is tried, or $KILL_SHARE */
#define LIBC    8   /* divides that for loops in libc */
#define WIDE    16  /* divides both where the world has thousands of slots, and is slow to judge */
#define FIRST   3   /* so many points of one process are tried */
#define PAIRS   8   /* with so many of another */
#define SECONDS 840 /* only a hang ends here */

static uint64_t seed;

static struct verdict expect(const struct operation *operation, pid_t victim, int actors)
{
    uint64_t others = operation_losses(operation);
    uint64_t held = (uint64_t)(operation->entries - operation->closed);
    bool may_leave =
        operation->shrinks > 1; /* it leaves or closes, and may have no entry to lose */

    return (struct verdict){
        .pid = victim,
        .deaths_min = operation_deaths(operation) + (operation->joined && !may_leave ? actors : 0),
        .deaths_max =
            operation_deaths(operation) + (operation->own != OWNS_NOTHING ? 2 : 1) * actors,
        .lost_min = others + (uint64_t)actors * (held - (uint64_t)operation->shrinks),
        .lost_max =
            others + (uint64_t)actors * (held + (uint64_t)(operation->grows + operation->passing)),
    };
}

/* False: it took another way than the trace, and was killed somewhere else. */
static bool kill_at(const struct operation *operation, const struct trace *trace, size_t n)
{
    struct world world;
    struct actor actor;
    struct verdict verdict;
    pid_t victim;
    bool inside;

    say_where(operation->name, n);
    operation_world(operation, &world);
    victim = operation_start(operation, &world, &actor, n);
    inside = child_run_to(victim, trace, n);
    child_kill(victim);
    verdict = expect(operation, victim, 1);
    if (operation->makes_segment)
        world_make(&world, 0);
    if (n % 2 == 1)
        child_bury(victim);
    require(world_reap(world.cs) >= 0);
    if (n % 2 == 0)
        child_bury(victim);
    world_judge(&world, &verdict);
    world_end(&world);
    return inside;
}

/* Tries the points of a trace. Between two visible changes it makes no difference to others where the
 * process dies, because what it keeps to itself goes with it. So not all later turns of a long loop are
 * tried, but all visible changes in them. */
static size_t kill_everywhere(const struct operation *operation, const struct trace *trace)
{
    unsigned turns = turns_choose(OFTEN);
    unsigned wide = operation->wide || operation->growing ? WIDE : 1;
    const struct choice choice = {
        .own = (turns + wide - 1) / wide,
        .elsewhere = turns / (LIBC * wide),
        .share = share_choose(SHARE),
        .seed = seed,
    };
    size_t points = 0, there = 0, visible = 0, own = 0, own_points = 0;

    for (size_t n = 0; n < trace->count; n++) {
        visible += trace->visible[n];
        own += is_own(trace->pc[n]);
        if (!trace_chosen(trace, n, &choice))
            continue;
        points++;
        own_points += is_own(trace->pc[n]);
        there += kill_at(operation, trace, n);
    }
    printf("%-32s %6zu instructions (%5zu of the program), %4zu visible; "
           "%6zu kill points (%5zu), %zu exactly there\n",
           operation->name, trace->count, own, visible, points, own_points, there);
    fflush(stdout);
    return points;
}

/* ---- two at once ---------------------------------------------------------------------------- */

static void kill_both(const struct operation *operation, const struct trace *first, size_t m,
                      const struct trace *second, size_t n, bool both)
{
    struct world world;
    struct actor one, other;
    struct verdict verdict;
    pid_t stopped, victim;

    say_where(operation->name, m * 1000000 + n);
    operation_world(operation, &world);
    stopped = operation_start(operation, &world, &one, m);
    victim = operation_start(operation, &world, &other, n);
    (void)child_run_to(stopped, first, m);
    (void)child_run_to(victim, second, n);
    child_kill(victim);
    if (both) {
        child_kill(stopped);
        child_bury(stopped);
    } else {
        require(child_finish(stopped) == 0);
    }
    child_bury(victim);
    require(world_reap(world.cs) >= 0);
    verdict = expect(operation, victim, 2);
    world_judge(&world, &verdict);
    world_end(&world);
}

/* Traces the operation of the second process while the first stands at m. */
static void trace_beside(const struct operation *operation, const struct trace *first, size_t m,
                         struct trace *second)
{
    struct world world;
    struct actor one, other;
    struct image image;
    pid_t stopped, child;

    say_where(operation->name, m);
    operation_world(operation, &world);
    world_map(&image);
    stopped = operation_start(operation, &world, &one, m);
    child = operation_start(operation, &world, &other, 0);
    (void)child_run_to(stopped, first, m);
    child_trace(child, &image, second);
    world_unmap(&image);
    require(child_finish(child) == 0 && child_finish(stopped) == 0);
    world_end(&world);
}

static size_t kill_beside(const struct operation *operation, const struct trace *first, size_t m)
{
    struct trace second;
    size_t pairs = 0, i = m, stride;

    trace_beside(operation, first, m, &second);
    stride = trace_visible(&second) / PAIRS + 1;
    for (size_t n = trace_next(&second, 0); n < second.count; n = trace_next(&second, n + 1))
        if (i++ % stride == 0) {
            kill_both(operation, first, m, &second, n, pairs % 2 == 0);
            pairs++;
        }
    trace_free(&second);
    return pairs;
}

static size_t kill_pairs(const struct operation *operation, const struct trace *trace)
{
    size_t stride = trace_visible(trace) / FIRST + 1, pairs = 0, i = seed;

    if (!operation_pairs(operation))
        return 0;
    for (size_t m = trace_next(trace, 0); m < trace->count; m = trace_next(trace, m + 1))
        if (i++ % stride == 0)
            pairs += kill_beside(operation, trace, m);
    printf("%-32s %6zu pairs\n", operation->name, pairs);
    fflush(stdout);
    return pairs;
}

static size_t kill_all(const struct operation *operation)
{
    struct trace trace;
    size_t points;

    say_where(operation->name, 0);
    /* Twice, because a child inherits the allocator of this process. From the second time on the
     * allocator is in the state in which all later children find it. */
    for (int round = 0; round < 2; round++) {
        operation_walk(operation, &trace);
        (void)kill_at(operation, &trace, 0);
        (void)kill_at(operation, &trace, 1);
        if (round == 0)
            trace_free(&trace);
    }
    points = kill_everywhere(operation, &trace);
    points += kill_pairs(operation, &trace);
    trace_free(&trace);
    return points;
}

int main(int argc, char **argv)
{
    size_t points = 0;

    alarm(SECONDS);
    seed = seed_choose();
    worlds_begin();
    for (int i = 1; i < argc; i++)
        points += kill_all(&operations[strtoul(argv[i], NULL, 10) % operation_count]);
    for (size_t i = 0; argc == 1 && i < operation_count; i++)
        points += kill_all(&operations[i]);
    worlds_end();
    printf("%zu kill points, seed %llu\n", points, (unsigned long long)seed);
    return 0;
}
