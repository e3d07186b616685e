/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Those who live in the storm: workers, who fills a table, reapers, the reader.
 */
#include "storm.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

struct filling *filling;

/* A table that grows refuses nobody before it is as large as it may become. */
static bool is_full(connstat_t *cs, int type, int error)
{
    return growing && error == -ENOSPC && connstat_type_capacity(cs, type) == MAXIMUM;
}

/* ---- workers -------------------------------------------------------------------------------- */

/* The entries of a worker. Its second thread may change any of them at any time. */
static struct held {
    _Atomic connstat_id id;
    _Atomic uint64_t serial;
} held[HELD];

/* Registers an entry, or unregisters it. The second thread is told its id after the first and before
 * the last. */
static void come_or_go(connstat_t *cs, struct held *entry, uint64_t *state)
{
    connstat_id id = atomic_load(&entry->id);
    uint64_t serial = random_next(state);
    int type, error;

    if (id != 0) {
        require(connstat_unregister(cs, id) == 0);
        atomic_store(&entry->id, 0);
        return;
    }
    type = (int)(random_next(state) % TYPES);
    error = enter(cs, type, serial, &id);
    require(error == 0 || error == -EDQUOT || is_full(cs, type, error));
    if (error == 0) {
        atomic_store(&entry->serial, serial);
        atomic_store(&entry->id, id);
    }
}

/* Updates or moves an entry. Its new metadata holds a random number, odd if it moves, by which the
 * reader counts what it has seen. */
static int change(connstat_t *cs, connstat_id *id, uint64_t serial, bool move, uint64_t *state)
{
    uint64_t number = 2 * (1 + random_next(state) % 1000) + move;
    struct map map;

    map_make(&map, serial, number, getpid());
    return move ? connstat_move(cs, id, (int)(random_next(state) % TYPES), map.fields, MAP_FIELDS)
                : connstat_update(cs, *id, map.fields, MAP_FIELDS);
}

static void live_on(connstat_t *cs, struct held *entry, uint64_t *state)
{
    connstat_id id = atomic_load(&entry->id);
    uint64_t what = random_next(state) % 8, serial = atomic_load(&entry->serial);
    bool moves = what == 1 && !has_limit_for_ever(serial);
    int error;

    if (id == 0)
        return;
    error = what == 0 ? connstat_touch(cs, id) : change(cs, &id, serial, moves, state);
    require(error == 0 || error == -EBUSY || (error == -ENOSPC && moves));
    atomic_store(&entry->id, id);
}

/* The second thread: changes any entry. The first one may unregister it at any moment, so an id that is
 * not live is no error. */
static void *change_all(void *arg)
{
    uint64_t state = (uint64_t)getpid();
    connstat_t *cs = arg;

    for (;;) {
        struct held *entry = &held[random_next(&state) % HELD];
        connstat_id id = atomic_load(&entry->id);
        uint64_t serial = atomic_load(&entry->serial);
        int error;

        /* id and serial were read one after the other. They belong together if the id is still there. */
        if (id == 0 || atomic_load(&entry->id) != id)
            continue;
        error = change(cs, &id, serial, false, &state);
        require(error == 0 || error == -EBUSY || error == -ENOENT || error == -ENOTCONN);
    }
    return NULL;
}

void work(connstat_t *cs, uint64_t seed)
{
    uint64_t state = seed;
    pthread_t second;

    if (seed % 2 == 0)
        require(pthread_create(&second, NULL, change_all, cs) == 0);
    for (;;) {
        struct held *entry = &held[random_next(&state) % HELD];

        if (random_next(&state) % 4 == 0)
            live_on(cs, entry, &state);
        else
            come_or_go(cs, entry, &state);
        if (random_next(&state) % 20000 == 0) {
            require(connstat_leave(cs) == 0);
            for (size_t i = 0; i < HELD; i++)
                atomic_store(&held[i].id, 0);
        }
    }
}

/* ---- who fills a table that grows ----------------------------------------------------------- */

static connstat_id filled[MAXIMUM];

/* Adds entries until the table is full. Those from count on take slow_us, if they were to fill it all. */
static uint32_t fill_up(connstat_t *cs, uint32_t count, uint64_t slow_us)
{
    double start = now();
    int error = 0;

    while (count < MAXIMUM && (error = enter(cs, 0, 2 * (uint64_t)count, &filled[count])) == 0)
        if (++count % 100 == 0)
            while (now() < start + (double)slow_us / 1e6 * count / MAXIMUM)
                usleep(500);
    require(error == 0 || is_full(cs, 0, error));
    filling->refusals += error != 0;
    return count;
}

void fill(connstat_t *cs, uint64_t slow_us)
{
    uint64_t state = (uint64_t)getpid();

    for (;; slow_us = 0) {
        uint32_t count = fill_up(cs, 0, slow_us);

        filling->times++;
        while (random_next(&state) % 100 != 0) {
            for (uint64_t gives = random_next(&state) % 50; gives > 0 && count > 0; gives--)
                require(connstat_unregister(cs, filled[--count]) == 0);
            usleep((useconds_t)(random_next(&state) % 2000));
            count = fill_up(cs, count, 0);
        }
        require(connstat_leave(cs) == 0);
    }
}

/* ---- reapers and the reader ----------------------------------------------------------------- */

void reap(connstat_t *cs, uint64_t seed)
{
    uint64_t state = seed;

    if (seed % 2 == 0) {
        require(connstat_reaper_start(cs) == 0);
        for (;;)
            pause();
    }
    for (;;) {
        require(connstat_reap(cs) >= 0);
        usleep((useconds_t)(random_next(&state) % 2000));
    }
}

static volatile sig_atomic_t enough;

static void stop_reading(int signal)
{
    (void)signal;
    enough = 1;
}

void read_all(connstat_t *ignored, uint64_t seed)
{
    uint64_t lists = 0, entries = 0;
    connstat_t *cs;

    (void)ignored;
    (void)seed;
    signal(SIGTERM, stop_reading);
    require(connstat_open(&cs, NAME, CONNSTAT_READ_ONLY) == 0);
    while (!enough) {
        uint64_t seen = 0, of_user = 0;
        struct connstat_key key = connstat_key_u64(lists % USERS);

        require(connstat_for_each(cs, CONNSTAT_ANY_TYPE, is_whole, &seen) == (int64_t)seen);
        require(seen <= WORKERS * HELD + HELD + (growing ? MAXIMUM : 0));
        require(connstat_for_each_key(cs, (int)(lists % TYPES), key, is_whole, &of_user) ==
                (int64_t)of_user);
        entries += seen + of_user;
        lists++;
    }
    printf("reader: %" PRIu64 " lists, %" PRIu64 " entries, all whole; %" PRIu64
           " of them had been updated, %" PRIu64 " of those in a move\n",
           lists, entries, seen_of.changed, seen_of.moved);
    require(seen_of.changed > 0 && seen_of.moved > 0);
    fflush(stdout);
}
