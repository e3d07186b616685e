/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Creators of one name, stopped and killed at each point of their creation.
 *   1. One is stopped; another opens and creates the same name to its end; the first goes on. Both must
 *      be in one segment, and see each other's entries.
 *   2. The same where a segment of another layout has the name and nobody lives in it. One of the two
 *      replaces it. The other, if it comes in the middle of that, waits for a second at most, and then
 *      gets -EBUSY.
 *   3. A creator that replaces such a segment is killed at each point; the next one must succeed.
 */
#include "judge.h"
#include "step.h"
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OFTEN   4   /* so many turns of a loop are tried without exception */
#define SHARE   8   /* of what nobody else can see, one point in so many is tried */
#define STRIDE  5   /* where the other may have to wait, only each fifth point is tried */
#define SECONDS 840 /* only a hang ends here */

static uint64_t seed;

static int creator_life(void *arg)
{
    struct world *world = arg;
    connstat_id id;

    bracket_begin();
    world_make(world, 0);
    bracket_end();
    if (connstat_count(world->cs, CONNSTAT_ANY_TYPE) != TYPES)
        return 1;
    return enter(world->cs, 0, 7001, &id) == 0 ? 0 : 2;
}

/* Gives the name to a segment of another layout if the creator is to replace one. */
static void prepare(bool replaces)
{
    if (replaces)
        world_make_other();
}

static void walk(bool replaces, struct trace *trace)
{
    struct world world;
    struct image image;
    pid_t child;

    prepare(replaces);
    world_map(&image);
    child = child_start(creator_life, &world);
    child_trace(child, &image, trace);
    world_unmap(&image);
    child_kill(child);
    child_bury(child);
    require(connstat_destroy(NAME) == 0);
}

static void judge(struct world *world, pid_t creator, uint64_t lost, bool exited)
{
    struct verdict verdict = {
        .pid = creator, .exited = exited, .deaths_max = exited, .lost_min = lost, .lost_max = lost};

    require(connstat_reap(world->cs) >= 0);
    world_judge(world, &verdict);
    world_end(world);
}

/* Returns true if the other creator got -EBUSY. */
static bool stop_at(bool replaces, const struct trace *trace, size_t n)
{
    struct world world;
    connstat_t *opened;
    pid_t creator;
    int error;
    bool busy;

    say_where(replaces ? "replace" : "create", n);
    prepare(replaces);
    creator = child_start(creator_life, &world);
    (void)child_run_to(creator, trace, n);
    error = connstat_open(&opened, NAME, 0);
    if (error == 0)
        connstat_close(opened);
    else
        require(error == -ENOENT);
    error = world_try_make(&world, 1);
    busy = error == -EBUSY;
    require(error == 0 || (busy && replaces));
    child_run_out(creator);
    if (busy)
        world_make(&world, 1);
    require(child_finish(creator) == 0);
    judge(&world, creator, 1, true);
    return busy;
}

static void kill_at(bool replaces, const struct trace *trace, size_t n)
{
    struct world world;
    pid_t creator;

    say_where(replaces ? "replace, killed" : "create, killed", n);
    prepare(replaces);
    creator = child_start(creator_life, &world);
    (void)child_run_to(creator, trace, n);
    child_kill(creator);
    if (n % 2 == 1)
        child_bury(creator);
    world_make(&world, 1);
    if (n % 2 == 0)
        child_bury(creator);
    judge(&world, creator, 0, false);
}

static void stop_everywhere(bool replaces)
{
    const struct choice choice = {.own = replaces ? 0 : OFTEN, .share = SHARE, .seed = seed};
    size_t points = 0, busy = 0, stride = replaces ? STRIDE : 1, i = seed;
    struct trace trace;

    walk(replaces, &trace);
    for (size_t n = 0; n < trace.count; n++)
        if (trace_chosen(&trace, n, &choice) && i++ % stride == 0) {
            points++;
            busy += stop_at(replaces, &trace, n);
        }
    printf("%-10s %6zu instructions, %5zu stop points, busy at %zu\n",
           replaces ? "replace" : "create", trace.count, points, busy);
    trace_free(&trace);
}

static void kill_everywhere(bool replaces)
{
    const struct choice choice = {.own = OFTEN, .elsewhere = 1, .share = SHARE, .seed = seed};
    struct trace trace;
    size_t points = 0;

    walk(replaces, &trace);
    for (size_t n = 0; n < trace.count; n++)
        if (trace_chosen(&trace, n, &choice)) {
            points++;
            kill_at(replaces, &trace, n);
        }
    printf("%-10s %6zu instructions, %5zu kill points\n", replaces ? "replace" : "create",
           trace.count, points);
    trace_free(&trace);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    alarm(SECONDS);
    seed = seed_choose();
    worlds_begin();
    if (*what == '\0' || strcmp(what, "create") == 0)
        stop_everywhere(false);
    if (*what == '\0' || strcmp(what, "replace") == 0)
        stop_everywhere(true);
    if (*what == '\0' || strcmp(what, "kill") == 0)
        kill_everywhere(true);
    worlds_end();
    printf("seed %llu\n", (unsigned long long)seed);
    return 0;
}
