/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker that keeps its entries becomes another program by execve, in the middle of an operation
 * of one of its threads: after each change that others can see, since all else goes with the old
 * program. The next one finds the entries, each whole, and may update, touch, move and unregister
 * every one; nothing is lost, no slot and no count. Arguments: the numbers of operations.
 */
#include "judge.h"
#include "operations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS 840 /* only a hang ends here */

/* ---- the next program ----------------------------------------------------------------------- */

struct found {
    connstat_id ids[CAPACITY * TYPES];
    int count;
    uint64_t by_type[TYPES]; /* others' included */
};

static int note(const struct connstat_entry *entry, void *arg)
{
    struct found *found = arg;

    (void)entry_serial(entry);
    found->by_type[entry->type]++;
    if (entry->pid == getpid())
        found->ids[found->count++] = entry->id;
    return 0;
}

static void use(connstat_t *cs, connstat_id id, uint64_t serial)
{
    int error;

    require(change(cs, id, serial) == 0);
    require(connstat_touch(cs, id) == 0);
    error = move_to(cs, &id, 0, serial + 1);
    require(error == 0 || error == -ENOSPC);
    require(change(cs, id, serial + 2) == 0);
}

static int go_on(int least, int most)
{
    struct found found = {0}, again = {0};
    connstat_t *cs;

    require(connstat_open(&cs, NAME, 0) == 0 && connstat_join(cs, NULL) == 0);
    require(connstat_for_each(cs, CONNSTAT_ANY_TYPE, note, &found) >= found.count);
    require(found.count >= least && found.count <= most);
    for (int type = 0; type < TYPES; type++)
        require(connstat_count(cs, type) == found.by_type[type]);
    require(connstat_check(cs, report, NULL) == 0);
    for (int i = 0; i < found.count; i++)
        use(cs, found.ids[i], (uint64_t)(7008 + 24 * i));
    require(connstat_for_each(cs, CONNSTAT_ANY_TYPE, note, &again) >= again.count);
    require(again.count == found.count);
    for (int i = 0; i < again.count; i++)
        require(connstat_unregister(cs, again.ids[i]) == 0);
    require(connstat_check(cs, report, NULL) == 0);
    connstat_close(cs);
    return 0;
}

/* ---- the one before ------------------------------------------------------------------------- */

static char least[16], most[16], point[32];

static void become_another(void)
{
    execl("/proc/self/exe", "test_exec", "next", least, most, point, NULL);
    _exit(127);
}

static void exec_at(const struct operation *operation, const struct trace *trace, size_t n)
{
    const int held = operation->entries - operation->closed;
    struct verdict verdict = {0};
    struct world world;
    struct actor actor;
    pid_t child;

    say_where(operation->name, n);
    snprintf(least, sizeof(least), "%d", held - operation->shrinks);
    snprintf(most, sizeof(most), "%d", held + operation->grows);
    snprintf(point, sizeof(point), "%zu", n);
    operation_world(operation, &world);
    child = operation_start(operation, &world, &actor, n);
    (void)child_run_to(child, trace, n);
    child_divert(child, become_another);
    require(child_finish(child) == 0);
    require(connstat_reap(world.cs) == 0);
    world_judge(&world, &verdict);
    world_end(&world);
}

static size_t exec_everywhere(const struct operation *operation)
{
    struct trace trace;
    size_t points = 0;

    operation_walk(operation, &trace);
    for (size_t n = trace_next(&trace, 0); n < trace.count; n = trace_next(&trace, n + 1)) {
        exec_at(operation, &trace, n);
        points++;
    }
    printf("%-50s %4zu points\n", operation->name, points);
    fflush(stdout);
    trace_free(&trace);
    return points;
}

int main(int argc, char **argv)
{
    size_t points = 0;

    alarm(SECONDS);
    if (argc == 5 && strcmp(argv[1], "next") == 0) {
        say_where("the next program", strtoul(argv[4], NULL, 10));
        return go_on((int)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10));
    }
    actors_keep = true;
    worlds_begin();
    for (int i = 1; i < argc; i++)
        points += exec_everywhere(&operations[strtoul(argv[i], NULL, 10) % operation_count]);
    worlds_end();
    printf("%zu points\n", points);
    return 0;
}
