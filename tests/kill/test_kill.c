/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * SIGKILL after each instruction of each operation; one reap by another process, while the dead is
 * a zombie or, every other time, after it was buried; then all invariants. Arguments: the numbers
 * of operations (default: all), e.g. "test_kill 0 3".
 */
#include "operations.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHORT   2000
#define SAMPLES 100

static struct verdict expect(const struct operation *operation, pid_t victim)
{
    uint64_t others = operation->colleague ? COLLEAGUES_ENTRIES : 0;
    uint64_t held = (uint64_t)(operation->entries - operation->closed);
    bool may_leave = operation->shrinks > 1; /* leave and close: nothing is lost from then on */

    return (struct verdict){
        .pid = victim,
        .deaths_min = operation->colleague + (operation->joined && !may_leave),
        .deaths_max = operation->colleague + (operation->crowd < CAPACITY * 2 ? 1 : 0),
        .lost_min = others + held - (uint64_t)operation->shrinks,
        .lost_max = others + held + (uint64_t)operation->grows,
    };
}

/* False: the operation was over before. */
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
    verdict = expect(operation, victim);
    if (operation->makes_segment)
        world_make(&world, 0);
    if (n % 2 == 1)
        child_bury(victim);
    require(connstat_reap(world.cs) >= 0);
    if (n % 2 == 0)
        child_bury(victim);
    world_judge(&world, &verdict);
    world_end(&world);
    return inside;
}

/* A death between two instructions that changed nothing visible is the same death, for what a
 * process keeps to itself goes with it. So of a long operation every visible change is a kill
 * point, and SAMPLES others besides; of a short one every instruction. */
static size_t kill_everywhere(const struct operation *operation)
{
    struct trace trace;
    size_t points = 0, visible = 0, stride;

    say_where(operation->name, 0);
    operation_walk(operation, &trace);
    stride = trace.count <= SHORT ? 1 : trace.count / SAMPLES;
    for (size_t n = 0; n < trace.count; n++) {
        visible += trace.visible[n];
        if (trace.visible[n] || n % stride == 0)
            points += kill_at(operation, &trace, n);
    }
    printf("%-32s %6zu instructions, %5zu visible, %5zu kill points\n", operation->name,
           trace.count, visible, points);
    fflush(stdout);
    trace_free(&trace);
    return points;
}

int main(int argc, char **argv)
{
    size_t points = 0;

    worlds_begin();
    for (int i = 1; i < argc; i++)
        points += kill_everywhere(&operations[strtoul(argv[i], NULL, 10) % operation_count]);
    for (size_t i = 0; argc == 1 && i < operation_count; i++)
        points += kill_everywhere(&operations[i]);
    worlds_end();
    printf("%zu kill points\n", points);
    return 0;
}
