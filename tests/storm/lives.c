/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "lives.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

bool growing;

uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* ---- entries that prove themselves ---------------------------------------------------------- */

/* The metadata that a worker writes holds a sum over all its fields; a mixture of two maps does not
 * have the right one. The serial of an entry with a key is odd and tells its user, also after an
 * update. */
#define MAP_FIELDS 5
struct map {
    char text[40];
    struct connstat_field fields[MAP_FIELDS];
};

static uint64_t sum_of(uint64_t serial, uint64_t change, pid_t pid)
{
    return ((serial + change * UINT64_C(0x100000001b3) + (uint64_t)pid) *
            UINT64_C(0x9e3779b97f4a7c15)) >>
           1;
}

static void map_make(struct map *map, uint64_t serial, uint64_t change, pid_t pid)
{
    snprintf(map->text, sizeof(map->text), "%.*s%" PRIu64, (int)((serial + change) % 17),
             "................", serial);
    map->fields[0] = connstat_int("serial", (int64_t)serial);
    map->fields[1] = connstat_text("text", map->text);
    map->fields[2] = connstat_int("change", (int64_t)change);
    map->fields[3] = connstat_int("pid", pid);
    map->fields[4] = connstat_int("sum", (int64_t)sum_of(serial, change, pid));
}

static int enter(connstat_t *cs, int type, uint64_t serial, connstat_id *id)
{
    struct map map;

    map_make(&map, serial, 0, getpid());
    if (serial % 2 == 0)
        return connstat_register(cs, type, map.fields, MAP_FIELDS, id);
    return connstat_register_key(cs, type, connstat_key_u64(serial % USERS), LIMIT, map.fields,
                                 MAP_FIELDS, id);
}

static struct { /* what the reader has seen */
    uint64_t lists, entries, changed, moved;
} seen_of;

int is_whole(const struct connstat_entry *entry, void *arg)
{
    const struct connstat_field *field = entry->metadata;
    uint64_t *count = arg, serial, change;
    struct map map;

    ++*count;
    require(entry->metadata_count == MAP_FIELDS);
    serial = (uint64_t)field[0].value.integer;
    change = (uint64_t)field[2].value.integer;
    map_make(&map, serial, change, entry->pid);
    require(strcmp(field[1].value.text, map.text) == 0);
    require(field[3].value.integer == entry->pid);
    require(field[4].value.integer == map.fields[4].value.integer);
    require((entry->key != NULL) == (serial % 2 == 1));
    if (entry->key != NULL) {
        struct connstat_key key = connstat_key_u64(serial % USERS);

        require(memcmp(entry->key, &key, sizeof(key)) == 0);
    }
    seen_of.changed += change != 0;
    seen_of.moved += change % 2;
    return 0;
}

/* ---- the lives ------------------------------------------------------------------------------ */

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
    int error;

    if (id != 0) {
        require(connstat_unregister(cs, id) == 0);
        atomic_store(&entry->id, 0);
        return;
    }
    error = enter(cs, (int)(random_next(state) % TYPES), serial, &id);
    require(error == 0 || error == -EDQUOT);
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
    uint64_t what = random_next(state) % 8;
    int error;

    if (id == 0)
        return;
    error = what == 0 ? connstat_touch(cs, id)
                      : change(cs, &id, atomic_load(&entry->serial), what == 1, state);
    require(error == 0 || error == -EBUSY || (error == -ENOSPC && what == 1));
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

/* So that the table has grown by as much at the end of the storm. It is not killed before. */
void add_ballast(connstat_t *cs, uint64_t seconds)
{
    connstat_id id;

    for (uint64_t i = 0; i < BALLAST; i++) {
        require(enter(cs, 0, 2 * i, &id) == 0);
        if (i % 100 == 0)
            usleep((useconds_t)(seconds * 900000 / (BALLAST / 100)));
    }
    for (;;)
        pause();
}

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
    connstat_t *cs;

    (void)ignored;
    (void)seed;
    signal(SIGTERM, stop_reading);
    require(connstat_open(&cs, NAME, CONNSTAT_READ_ONLY) == 0);
    while (!enough) {
        uint64_t seen = 0, of_user = 0;
        struct connstat_key key = connstat_key_u64(seen_of.lists % USERS);

        require(connstat_for_each(cs, CONNSTAT_ANY_TYPE, is_whole, &seen) == (int64_t)seen);
        require(seen <= WORKERS * HELD + HELD + (growing ? BALLAST : 0));
        require(connstat_for_each_key(cs, (int)(seen_of.lists % TYPES), key, is_whole, &of_user) ==
                (int64_t)of_user);
        seen_of.entries += seen + of_user;
        seen_of.lists++;
    }
    printf("reader: %" PRIu64 " lists, %" PRIu64 " entries, all whole; %" PRIu64
           " of them had been updated, %" PRIu64 " of those in a move\n",
           seen_of.lists, seen_of.entries, seen_of.changed, seen_of.moved);
    require(seen_of.changed > 0 && seen_of.moved > 0);
    fflush(stdout);
}
