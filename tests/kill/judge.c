/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "judge.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int (*world_reap)(connstat_t *cs) = connstat_reap;

struct listing {
    const struct world *world;
    bool seen[CAPACITY * TYPES];
    uint64_t others;
};

static int look(const struct connstat_entry *entry, void *arg)
{
    struct listing *listing = arg;
    uint64_t serial = entry_serial(entry);

    for (int i = 0; i < listing->world->judges_count; i++)
        if (listing->world->judges[i] == serial) {
            require(!listing->seen[i] && entry->pid == getpid());
            require(entry->id == listing->world->ids[i]);
            listing->seen[i] = true;
            return 0;
        }
    require(entry->pid != getpid());
    listing->others++;
    return 0;
}

static uint64_t list(const struct world *world)
{
    struct listing listing = {.world = world};

    require(connstat_for_each(world->cs, CONNSTAT_ANY_TYPE, look, &listing) ==
            (int64_t)listing.others + world->judges_count);
    for (int i = 0; i < world->judges_count; i++)
        require(listing.seen[i]);
    return listing.others;
}

void report(const char *message, void *arg)
{
    (void)arg;
    fprintf(stderr, "connstat_check: %s\n", message);
}

static uint64_t sum(const uint64_t *values)
{
    uint64_t total = 0;

    for (int type = 0; type < TYPES; type++)
        total += values[type];
    return total;
}

static void check_totals(const struct world *world, struct connstat_totals *totals)
{
    struct connstat_counts counts;

    require(connstat_totals(world->cs, totals) == 0 && connstat_counts(world->cs, &counts) == 0);
    for (int type = 0; type < TYPES; type++) {
        uint64_t live = totals->opened[type] - totals->closed[type] - totals->lost[type];

        /* The stopped process may have emptied a slot and not counted that yet. If another takes the
         * slot, it is counted twice; but no count above the capacity is returned. */
        require(counts.by_type[type] == live || (counts.by_type[type] == world->capacity &&
                                                 live == world->capacity + 1 && world->paused));
    }
}

struct obituaries {
    const struct verdict *verdict;
    uint64_t count, lost;
};

static int read_obituary(const struct connstat_death *death, void *arg)
{
    struct obituaries *obituaries = arg;

    require(death->number == ++obituaries->count);
    require(sum(death->lost) == death->lost_total);
    obituaries->lost += death->lost_total;
    if (death->pid == obituaries->verdict->pid) {
        bool exited = obituaries->verdict->exited;

        require(death->cause == CONNSTAT_DIED ||
                death->cause == (exited ? CONNSTAT_EXITED : CONNSTAT_SIGNALLED));
        require(death->cause == CONNSTAT_DIED || death->status == (exited ? 0 : SIGKILL));
    }
    require(strcmp(death->label, "victim") == 0 || strcmp(death->label, "colleague") == 0 ||
            death->label[0] == '\0');
    require(death->died_at_ns >= death->joined_at_ns - 1000000);
    return 0;
}

static void judge_deaths(const struct world *world, const struct verdict *verdict)
{
    struct obituaries obituaries = {.verdict = verdict};
    struct connstat_totals totals;

    check_totals(world, &totals);
    require(connstat_for_each_death(world->cs, read_obituary, &obituaries) ==
            (int64_t)obituaries.count);
    require(obituaries.count == totals.deaths);
    require(obituaries.lost == sum(totals.lost));
    require(totals.deaths >= (uint64_t)verdict->deaths_min);
    require(totals.deaths <= (uint64_t)verdict->deaths_max);
    require(obituaries.lost >= verdict->lost_min && obituaries.lost <= verdict->lost_max);
}

/* Registers in each table until it is full, checks how many fitted, and unregisters them again. At
 * most in_flight slots may be in neither state, because somebody stands in the middle of a call. */
static void use_all_capacity(struct world *world, uint64_t in_flight)
{
    static connstat_id
        ids[WIDE_CAPACITY * TYPES + 1]; /* one more: a refused call writes its id, too */
    struct connstat_counts before, after;
    int taken = 0;

    require(connstat_counts(world->cs, &before) == 0);
    for (int type = 0; type < TYPES; type++) {
        uint64_t here = 0;
        int error;

        while ((error = enter(world->cs, type, (uint64_t)(5000 + taken), &ids[taken])) == 0) {
            taken++;
            here++;
            require(here <= world->capacity);
        }
        require(error == -ENOSPC);
        require(before.by_type[type] + here <= world->capacity + in_flight);
        require(before.by_type[type] + here + in_flight >= world->capacity);
    }
    while (taken > 0)
        require(connstat_unregister(world->cs, ids[--taken]) == 0);
    require(connstat_counts(world->cs, &after) == 0);
    require(memcmp(&before, &after, sizeof(before)) == 0);
}

/* Nobody has an entry under the key. So under a limit of 2 two registrations must succeed, and a third
 * be refused. */
static void use_the_key(struct world *world)
{
    connstat_id ids[3];
    uint64_t room = world->capacity - connstat_count(world->cs, 0);

    require(connstat_count_key(world->cs, CONNSTAT_ANY_TYPE, connstat_key_u64(7)) == 0);
    if (room < 3)
        return;
    require(enter_key(world->cs, 0, 6000, 2, &ids[0]) == 0);
    require(enter_key(world->cs, 0, 6001, 2, &ids[1]) == 0);
    require(enter_key(world->cs, 0, 6002, 2, &ids[2]) == -EDQUOT);
    require(connstat_count_key(world->cs, 0, connstat_key_u64(7)) == 2);
    require(connstat_unregister(world->cs, ids[0]) == 0);
    require(connstat_unregister(world->cs, ids[1]) == 0);
}

void world_judge(struct world *world, const struct verdict *verdict)
{
    require(connstat_check(world->cs, report, NULL) == 0);
    require(connstat_count(world->cs, CONNSTAT_ANY_TYPE) == (uint64_t)world->judges_count);
    require(list(world) == 0);
    judge_deaths(world, verdict);
    use_the_key(world);
    use_all_capacity(world, 0);
    require(connstat_check(world->cs, report, NULL) == 0);
    require(world_reap(world->cs) == 0);
    judge_deaths(world, verdict);
}

void world_use(struct world *world, uint64_t standing_min, uint64_t standing_max,
               uint64_t in_flight)
{
    static unsigned pauses;
    struct connstat_totals totals;
    connstat_t *again;
    uint64_t others = list(world);

    require(others >= standing_min && others <= standing_max);
    world->paused = true;
    require(world_reap(world->cs) >= 0);
    check_totals(world, &totals);
    world->paused = false;
    /* The stopped process may hold slots that it is filling or emptying, or have freed one that it has
     * not counted yet. */
    use_all_capacity(world, in_flight);
    /* Only each fourth time: connstat_check takes long, since it looks several times where somebody in
     * the middle of a call holds a cell of a key. */
    if (pauses++ % 4 == 0)
        require(connstat_check(world->cs, report, NULL) == 0);
    again = world_create_again(world);
    require(connstat_count(again, CONNSTAT_ANY_TYPE) >= (uint64_t)world->judges_count);
    connstat_close(again);
}
