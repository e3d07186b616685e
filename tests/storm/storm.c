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
 *   - Now and then all workers stand still, wherever they are, and the entries of a key are counted.
 * At the end all numbers must agree to the last entry.
 *
 *   storm SECONDS [grow]     grow: the tables begin with 64 slots. One more worker fills one of them
 *                            little by little until, at half time, it has reached its maximum and is
 *                            full. From then on this worker makes a little room and fills it again
 *                            all the while, leaves or is killed, and is followed by another one
 */
#include "storm.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

bool growing;
static char directory[] = "/dev/shm/connstat-storm-XXXXXX";

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

/* ---- the storm ------------------------------------------------------------------------------ */

struct fleet {
    connstat_t *cs;
    pid_t workers[WORKERS], reapers[2], reader, filler;
    uint64_t seed, kills, reaper_kills, filler_kills;
    uint64_t stills,
        most; /* how often all stood still, and how many of one key there were at most */
};

static void kill_one(pid_t child)
{
    require(kill(child, SIGKILL) == 0);
    require(waitpid(child, NULL, 0) == child);
}

static void stop_or_go(const struct fleet *fleet, int signal)
{
    for (size_t i = 0; i < WORKERS; i++)
        require(kill(fleet->workers[i], signal) == 0);
}

/* While no worker moves, nobody has more than the limit. Each stands anywhere in a call. */
static void look_at_limits(struct fleet *fleet)
{
    stop_or_go(fleet, SIGSTOP);
    for (size_t i = 0; i < WORKERS; i++) {
        siginfo_t info = {0};

        require(waitid(P_PID, (id_t)fleet->workers[i], &info, WSTOPPED | WEXITED | WNOWAIT) == 0);
        require(info.si_code == CLD_STOPPED);
    }
    for (int type = 0; type < TYPES; type++) {
        uint64_t count = connstat_count_key(fleet->cs, type, key_with_limit_for_ever());

        require(count <= LIMIT);
        fleet->most = count > fleet->most ? count : fleet->most;
    }
    fleet->stills++;
    stop_or_go(fleet, SIGCONT);
}

/* On a slow machine it takes longer until the table was full, and was filled by a second one. */
static bool has_more_to_fill(const struct fleet *fleet)
{
    return growing && (filling->times < 2 || filling->refusals == 0 || fleet->filler_kills == 0);
}

static void storm(struct fleet *fleet, double seconds)
{
    double end = now() + seconds;

    while (now() < end || has_more_to_fill(fleet)) {
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
            look_at_limits(fleet);
        }
        if (growing && filling->times > 0 && fleet->kills % 16 == 0) {
            kill_one(fleet->filler);
            fleet->filler = spawn(fill, fleet->cs, 0);
            fleet->filler_kills++;
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
        kill_one(fleet->filler);
    require(connstat_reap(fleet->cs) >= 0);
    require(connstat_check(fleet->cs, report, NULL) == 0);
    require(connstat_count(fleet->cs, CONNSTAT_ANY_TYPE) == 0);
    require(connstat_for_each(fleet->cs, CONNSTAT_ANY_TYPE, is_whole, &seen) == 0);
    for (uint64_t user = 0; user < USERS; user++)
        require(connstat_count_key(fleet->cs, CONNSTAT_ANY_TYPE, connstat_key_u64(user)) == 0);
    require(connstat_totals(fleet->cs, &totals) == 0);
    require(connstat_for_each_death(fleet->cs, count_death, &last) >= 0);
    require(last == totals.deaths &&
            totals.deaths <= fleet->kills + WORKERS + fleet->filler_kills + growing);
    for (int type = 0; type < TYPES; type++) {
        printf("type %d: %" PRIi64 " slots, grown %" PRIi64 " times\n", type,
               connstat_type_capacity(fleet->cs, type), connstat_type_growths(fleet->cs, type));
        require(totals.opened[type] == totals.closed[type] + totals.lost[type]);
        printf("type %d: %" PRIu64 " opened, %" PRIu64 " closed, %" PRIu64 " lost\n", type,
               totals.opened[type], totals.closed[type], totals.lost[type]);
    }
    if (growing) {
        require(connstat_type_capacity(fleet->cs, 0) == MAXIMUM);
        require(totals.refused[0][CONNSTAT_REFUSED_FULL] >= filling->refusals &&
                filling->refusals > 0);
        printf("type 0: filled %" PRIu64 " times to the last of %d slots, %" PRIu64
               " registrations refused then; %" PRIu64 " of those who filled it killed\n",
               filling->times, MAXIMUM, totals.refused[0][CONNSTAT_REFUSED_FULL],
               fleet->filler_kills);
    }
    fill_and_empty(fleet->cs);
    require(connstat_check(fleet->cs, report, NULL) == 0);
    require(fleet->stills > 0 && totals.refused[1][CONNSTAT_REFUSED_LIMIT] > 0);
    printf("all stood still %" PRIu64 " times: at most %" PRIu64 " of a key, the limit is %d\n",
           fleet->stills, fleet->most, LIMIT);
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
    filling =
        mmap(NULL, sizeof(*filling), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(filling != MAP_FAILED);
    require(connstat_create(&fleet.cs, NAME, &config) == 0);
    for (size_t i = 0; i < WORKERS; i++)
        fleet.workers[i] = spawn(work, fleet.cs, random_next(&fleet.seed));
    for (uint64_t i = 0; i < 2; i++)
        fleet.reapers[i] = spawn(reap, fleet.cs, 1 - i);
    fleet.reader = spawn(read_all, fleet.cs, 0);
    if (growing)
        fleet.filler = spawn(fill, fleet.cs, (uint64_t)(seconds * 450000));
    storm(&fleet, seconds);
    reckon(&fleet);
    connstat_close(fleet.cs);
    require(connstat_destroy(NAME) == 0 && rmdir(directory) == 0);
    return 0;
}
