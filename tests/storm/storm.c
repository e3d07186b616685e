/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The kill storm.
 *   - Workers register and unregister as fast as they can, with and without keys. They are killed at
 *     random moments and started again.
 *   - Their entries are updated, touched and moved all the while; in every second worker by a second
 *     thread, which knows nothing but their ids.
 *   - There are two reapers; one of them is killed and started again, too.
 *   - A reader lists all the time, and checks that each entry is whole and has metadata that a worker
 *     wrote.
 * At the end all numbers must agree to the last entry.
 *
 *   storm SECONDS [grow]     grow: the tables begin with 64 slots, and grow all the while
 */
#include <connstat.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME     "storm"
#define WORKERS  8
#define HELD     40
#define USERS    6
#define LIMIT    12
#define TYPES    2
#define CAPACITY 512 /* slots of a type: more than all workers together hold */

/* Of tables that grow, and what one more worker adds to one of them, little by little. */
#define FIRST   64
#define MAXIMUM 100000
#define BALLAST 60000

#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static bool growing;
static char directory[] = "/dev/shm/connstat-storm-XXXXXX";

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static pid_t spawn(void (*life)(connstat_t *cs, uint64_t seed), connstat_t *cs, uint64_t seed)
{
    pid_t parent = getpid(), child = fork();

    require(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0); /* the parent died before we had asked to be killed with it */
        life(cs, seed);
        _exit(0);
    }
    return child;
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

static int is_whole(const struct connstat_entry *entry, void *arg)
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

static void work(connstat_t *cs, uint64_t seed)
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
static void add_ballast(connstat_t *cs, uint64_t seconds)
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

static void reap(connstat_t *cs, uint64_t seed)
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

static void read_all(connstat_t *ignored, uint64_t seed)
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

/* ---- the storm ------------------------------------------------------------------------------ */

struct fleet {
    connstat_t *cs;
    pid_t workers[WORKERS], reapers[2], reader, ballast;
    uint64_t seed, kills, reaper_kills;
};

static void kill_one(pid_t child)
{
    require(kill(child, SIGKILL) == 0);
    require(waitpid(child, NULL, 0) == child);
}

static void storm(struct fleet *fleet, double seconds)
{
    double end = now() + seconds;

    while (now() < end) {
        size_t i = random_next(&fleet->seed) % WORKERS;
        siginfo_t info = {0};

        /* A worker that ended by itself has failed a requirement. */
        require(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0);
        kill_one(fleet->workers[i]);
        fleet->workers[i] = spawn(work, fleet->cs, random_next(&fleet->seed));
        if (++fleet->kills % 8 == 0) {
            kill_one(fleet->reapers[0]);
            fleet->reapers[0] = spawn(reap, fleet->cs, fleet->kills / 8);
            fleet->reaper_kills++;
        }
        usleep((useconds_t)(random_next(&fleet->seed) % 8000));
    }
}

/* ---- the reckoning -------------------------------------------------------------------------- */

static void report(const char *message, void *arg)
{
    (void)arg;
    fprintf(stderr, "connstat_check: %s\n", message);
}

static int count_death(const struct connstat_death *death, void *arg)
{
    uint64_t *last = arg;

    require(*last == 0 || death->number == *last + 1);
    *last = death->number;
    return 0;
}

static void fill_and_empty(connstat_t *cs)
{
    static connstat_id ids[MAXIMUM];
    int n, error, capacity = growing ? MAXIMUM : CAPACITY;
    connstat_id id;

    for (int type = 0; type < TYPES; type++) {
        for (n = 0; (error = connstat_register(cs, type, NULL, 0, &id)) == 0; n++) {
            require(n < capacity);
            ids[n] = id;
        }
        require(error == -ENOSPC && n == capacity);
        while (n > 0)
            require(connstat_unregister(cs, ids[--n]) == 0);
    }
}

static void reckon(struct fleet *fleet)
{
    struct connstat_totals totals;
    uint64_t last = 0, seen = 0;

    require(kill(fleet->reader, SIGTERM) == 0);
    int status;
    require(waitpid(fleet->reader, &status, 0) == fleet->reader && status == 0);
    for (size_t i = 0; i < WORKERS; i++)
        kill_one(fleet->workers[i]);
    kill_one(fleet->reapers[0]);
    kill_one(fleet->reapers[1]);
    if (growing)
        kill_one(fleet->ballast);
    require(connstat_reap(fleet->cs) >= 0);
    require(connstat_check(fleet->cs, report, NULL) == 0);
    require(connstat_count(fleet->cs, CONNSTAT_ANY_TYPE) == 0);
    require(connstat_for_each(fleet->cs, CONNSTAT_ANY_TYPE, is_whole, &seen) == 0);
    for (uint64_t user = 0; user < USERS; user++)
        require(connstat_count_key(fleet->cs, CONNSTAT_ANY_TYPE, connstat_key_u64(user)) == 0);
    require(connstat_totals(fleet->cs, &totals) == 0);
    require(connstat_for_each_death(fleet->cs, count_death, &last) >= 0);
    require(last == totals.deaths && totals.deaths <= fleet->kills + WORKERS + growing);
    for (int type = 0; type < TYPES; type++) {
        printf("type %d: %" PRIi64 " slots, grown %" PRIi64 " times\n", type,
               connstat_type_capacity(fleet->cs, type), connstat_type_growths(fleet->cs, type));
        require(totals.opened[type] == totals.closed[type] + totals.lost[type]);
        printf("type %d: %" PRIu64 " opened, %" PRIu64 " closed, %" PRIu64 " lost\n", type,
               totals.opened[type], totals.closed[type], totals.lost[type]);
    }
    fill_and_empty(fleet->cs);
    require(connstat_check(fleet->cs, report, NULL) == 0);
    printf("%" PRIu64 " workers and %" PRIu64 " reapers killed, %" PRIu64 " deaths written\n",
           fleet->kills + WORKERS, fleet->reaper_kills, totals.deaths);
}

int main(int argc, char **argv)
{
    static const struct connstat_type types[TYPES] = {{"left", CONNSTAT_CHANNEL, 0},
                                                      {"right", CONNSTAT_CONNECTION, 0}};
    struct connstat_config config = {.size = sizeof(config),
                                     .types = types,
                                     .type_count = TYPES,
                                     .max_workers = 16,
                                     .metadata_bytes = 128};
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 60;
    struct fleet fleet = {.seed = (uint64_t)getpid()};

    growing = argc > 2 && strcmp(argv[2], "grow") == 0;
    config.capacity = growing ? FIRST : CAPACITY;
    config.max_capacity = growing ? MAXIMUM : CAPACITY;
    require(mkdtemp(directory) != NULL && setenv("CONNSTAT_DIR", directory, 1) == 0);
    printf("seed %" PRIu64 "\n", fleet.seed);
    fflush(stdout);
    require(connstat_create(&fleet.cs, NAME, &config) == 0);
    for (size_t i = 0; i < WORKERS; i++)
        fleet.workers[i] = spawn(work, fleet.cs, random_next(&fleet.seed));
    for (uint64_t i = 0; i < 2; i++)
        fleet.reapers[i] = spawn(reap, fleet.cs, 1 - i);
    fleet.reader = spawn(read_all, fleet.cs, 0);
    if (growing)
        fleet.ballast = spawn(add_ballast, fleet.cs, (uint64_t)seconds);
    storm(&fleet, seconds);
    reckon(&fleet);
    connstat_close(fleet.cs);
    require(connstat_destroy(NAME) == 0 && rmdir(directory) == 0);
    return 0;
}
