/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The kill storm: workers in full churn, with and without keys, killed at random and restarted; two
 * reapers, of which one is killed and restarted, too; a reader that lists all the time and knows a
 * whole entry from a torn one. At the end everything agrees to the last entry. Argument: seconds.
 */
#include <connstat.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
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
#define CAPACITY 512 /* of a type; more than all workers hold */

#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

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
    pid_t child = fork();

    require(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        life(cs, seed);
        _exit(0);
    }
    return child;
}

/* ---- entries that prove themselves ---------------------------------------------------------- */

static uint64_t echo_of(uint64_t serial)
{
    return serial * UINT64_C(0x9e3779b97f4a7c15) >> 1;
}

static int enter(connstat_t *cs, int type, uint64_t serial, connstat_id *id)
{
    char text[40];

    snprintf(text, sizeof(text), "%.*s%" PRIu64, (int)(serial % 17), "................", serial);
    struct connstat_field fields[] = {connstat_int("serial", (int64_t)serial),
                                      connstat_text("text", text),
                                      connstat_int("echo", (int64_t)echo_of(serial))};
    if (serial % 2 == 0)
        return connstat_register(cs, type, fields, 3, id);
    return connstat_register_key(cs, type, connstat_key_u64(serial % USERS), LIMIT, fields, 3, id);
}

static int is_whole(const struct connstat_entry *entry, void *arg)
{
    uint64_t *count = arg, serial;
    char text[40];

    ++*count;
    require(entry->metadata_count == 3);
    serial = (uint64_t)entry->metadata[0].value.integer;
    snprintf(text, sizeof(text), "%.*s%" PRIu64, (int)(serial % 17), "................", serial);
    require(strcmp(entry->metadata[1].value.text, text) == 0);
    require((uint64_t)entry->metadata[2].value.integer == echo_of(serial));
    require((entry->key != NULL) == (serial % 2 == 1));
    if (entry->key != NULL) {
        struct connstat_key key = connstat_key_u64(serial % USERS);

        require(memcmp(entry->key, &key, sizeof(key)) == 0);
    }
    return 0;
}

/* ---- the lives ------------------------------------------------------------------------------ */

static void work(connstat_t *cs, uint64_t seed)
{
    connstat_id ids[HELD] = {0};
    uint64_t state = seed;

    for (;;) {
        size_t i = random_next(&state) % HELD;
        int error;

        if (ids[i] != 0) {
            require(connstat_unregister(cs, ids[i]) == 0);
            ids[i] = 0;
            continue;
        }
        error = enter(cs, (int)(random_next(&state) % TYPES), random_next(&state), &ids[i]);
        require(error == 0 || error == -EDQUOT);
        if (random_next(&state) % 20000 == 0) {
            require(connstat_leave(cs) == 0);
            memset(ids, 0, sizeof(ids));
        }
    }
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
        require(seen <= WORKERS * HELD + HELD);
        require(connstat_for_each_key(cs, (int)(lists % TYPES), key, is_whole, &of_user) ==
                (int64_t)of_user);
        entries += seen;
        lists++;
    }
    printf("reader: %" PRIu64 " lists, %" PRIu64 " entries, all whole\n", lists, entries);
    fflush(stdout);
}

/* ---- the storm ------------------------------------------------------------------------------ */

struct fleet {
    connstat_t *cs;
    pid_t workers[WORKERS], reapers[2], reader;
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

        /* Nobody may have ended by himself: that would be a failed requirement. */
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
    connstat_id id, ids[CAPACITY];
    int n, error;

    for (int type = 0; type < TYPES; type++) {
        for (n = 0; (error = connstat_register(cs, type, NULL, 0, &id)) == 0; n++) {
            require(n < CAPACITY);
            ids[n] = id;
        }
        require(error == -ENOSPC && n == CAPACITY);
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
    require(connstat_reap(fleet->cs) >= 0);
    require(connstat_check(fleet->cs, report, NULL) == 0);
    require(connstat_count(fleet->cs, CONNSTAT_ANY_TYPE) == 0);
    require(connstat_for_each(fleet->cs, CONNSTAT_ANY_TYPE, is_whole, &seen) == 0);
    for (uint64_t user = 0; user < USERS; user++)
        require(connstat_count_key(fleet->cs, CONNSTAT_ANY_TYPE, connstat_key_u64(user)) == 0);
    require(connstat_totals(fleet->cs, &totals) == 0);
    require(connstat_for_each_death(fleet->cs, count_death, &last) >= 0);
    require(last == totals.deaths && totals.deaths <= fleet->kills + WORKERS);
    for (int type = 0; type < TYPES; type++) {
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
    static const struct connstat_type types[TYPES] = {{"left", CONNSTAT_CHANNEL, CAPACITY},
                                                      {"right", CONNSTAT_CONNECTION, CAPACITY}};
    struct connstat_config config = {
        .size = sizeof(config), .types = types, .type_count = TYPES, .max_workers = 16};
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 60;
    struct fleet fleet = {.seed = (uint64_t)getpid()};

    require(mkdtemp(directory) != NULL && setenv("CONNSTAT_DIR", directory, 1) == 0);
    printf("seed %" PRIu64 "\n", fleet.seed);
    fflush(stdout);
    require(connstat_create(&fleet.cs, NAME, &config) == 0);
    for (size_t i = 0; i < WORKERS; i++)
        fleet.workers[i] = spawn(work, fleet.cs, random_next(&fleet.seed));
    for (uint64_t i = 0; i < 2; i++)
        fleet.reapers[i] = spawn(reap, fleet.cs, 1 - i);
    fleet.reader = spawn(read_all, fleet.cs, 0);
    storm(&fleet, seconds);
    reckon(&fleet);
    connstat_close(fleet.cs);
    require(connstat_destroy(NAME) == 0 && rmdir(directory) == 0);
    return 0;
}
