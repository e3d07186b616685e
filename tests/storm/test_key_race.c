/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sixteen processes race for the places of one key under a limit, round after round. There must never
 * be one too many, and at the end of a round no place may be free. Now and then one is killed in the
 * race, and another process is started instead of it.
 *
 *   test_key_race ROUNDS
 */
#include <connstat.h>

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RACERS = 16, LIMITS = 5, KILL_EVERY = 97, PATIENCE_S = 120 };

enum phase { RACE, LEAVE };

struct ring {                         /* in memory that all processes share */
    _Atomic uint32_t step;            /* 2 * round + phase: what the racers shall do now */
    _Atomic uint32_t arrived[RACERS]; /* the last step that each racer has done, + 1 */
    _Atomic int result[RACERS];
};

static struct ring *ring;
static connstat_t *cs;

static __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    kill(0, SIGKILL);
    _exit(1);
}

/* Waits until *word is no longer old. */
static void await_change(_Atomic uint32_t *word, uint32_t old)
{
    struct timespec patience = {.tv_sec = PATIENCE_S};

    while (atomic_load(word) == old)
        if (syscall(SYS_futex, word, FUTEX_WAIT, old, &patience, NULL, 0) < 0 && errno == ETIMEDOUT)
            fail("waited %d s for nothing", PATIENCE_S);
}

static void change(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store(word, value);
    syscall(SYS_futex, word, FUTEX_WAKE, RACERS, NULL, NULL, 0);
}

static uint32_t limit_of(uint32_t round)
{
    return 1 + round % LIMITS;
}

static void race(int racer, uint32_t from)
{
    struct connstat_key key = connstat_key_u64(7);
    connstat_id id = 0;

    for (uint32_t step = from;; step++) {
        await_change(&ring->step, step - 1);
        if (step % 2 == RACE)
            atomic_store(&ring->result[racer],
                         connstat_register_key(cs, 0, key, limit_of(step / 2), NULL, 0, &id));
        else if (connstat_unregister(cs, id) != 0)
            fail("racer %d could not leave", racer);
        change(&ring->arrived[racer], step + 1);
    }
}

static pid_t start(int racer, uint32_t from)
{
    pid_t pid = fork();

    if (pid == 0)
        race(racer, from);
    if (pid < 0)
        fail("fork: %s", strerror(errno));
    return pid;
}

/* Waits until all racers have done this step, except the one that was killed. */
static void await_racers(uint32_t step, int killed)
{
    for (int i = 0; i < RACERS; i++)
        for (uint32_t done; i != killed && (done = atomic_load(&ring->arrived[i])) != step + 1;)
            await_change(&ring->arrived[i], done);
}

static void check_race(uint32_t round)
{
    uint32_t winners = 0;

    for (int i = 0; i < RACERS; i++) {
        int result = atomic_load(&ring->result[i]);

        if (result != 0 && result != -EDQUOT)
            fail("round %u: racer %d: %s", round, i, strerror(-result));
        winners += result == 0;
    }
    if (winners != limit_of(round))
        fail("round %u: %u have one of %u places", round, winners, limit_of(round));
    if (connstat_count_key(cs, 0, connstat_key_u64(7)) != winners)
        fail("round %u: the count is not %u", round, winners);
}

/* After a race in which one was killed: there must not be one too many; and once the dead one is
 * reaped, all free places can be taken. */
static void check_race_with_a_death(uint32_t round)
{
    struct connstat_key key = connstat_key_u64(7);
    connstat_id ids[LIMITS];
    uint32_t limit = limit_of(round), taken = 0;

    if (connstat_count_key(cs, 0, key) > limit)
        fail("round %u: one too many beside a death", round);
    while (taken < limit && connstat_register_key(cs, 0, key, limit, NULL, 0, &ids[taken]) == 0)
        taken++;
    if (connstat_count_key(cs, 0, key) != limit)
        fail("round %u: %lu of %u places can be taken after a death", round,
             (unsigned long)connstat_count_key(cs, 0, key), limit);
    while (taken > 0)
        if (connstat_unregister(cs, ids[--taken]) != 0)
            fail("round %u: cannot leave", round);
}

static void run(uint32_t rounds)
{
    pid_t pids[RACERS];

    for (int i = 0; i < RACERS; i++)
        pids[i] = start(i, 2);
    for (uint32_t round = 1; round <= rounds; round++) {
        int killed = round % KILL_EVERY == 0 ? (int)(round / KILL_EVERY % RACERS) : -1;
        uint32_t step = 2 * round + RACE;

        change(&ring->step, step);
        if (killed >= 0) {
            kill(pids[killed], SIGKILL);
            waitpid(pids[killed], NULL, 0);
        }
        await_racers(step, killed);
        if (killed < 0) {
            check_race(round);
        } else {
            (void)connstat_reap(cs);
            check_race_with_a_death(round);
        }
        change(&ring->step, step + 1);
        await_racers(step + 1, killed);
        if (connstat_count_key(cs, 0, connstat_key_u64(7)) != 0)
            fail("round %u: somebody stayed", round);
        if (killed >= 0)
            pids[killed] = start(killed, step + 2);
    }
    for (int i = 0; i < RACERS; i++)
        kill(pids[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
}

static void complain(const char *message, void *arg)
{
    (void)arg;
    fprintf(stderr, "%s\n", message);
}

int main(int argc, char **argv)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    char directory[] = "/dev/shm/connstat-race-XXXXXX";
    uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    int violations;

    setpgid(0, 0); /* so that fail() can kill all racers by their process group */
    ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    config.capacity = 64;
    config.max_workers = 64;
    if (ring == MAP_FAILED || mkdtemp(directory) == NULL ||
        setenv("CONNSTAT_DIR", directory, 1) != 0 || connstat_create(&cs, "race", &config) != 0)
        return 1;
    atomic_store(&ring->step, 1);
    run(rounds);
    (void)connstat_reap(cs);
    violations = connstat_check(cs, complain, NULL);
    connstat_close(cs);
    connstat_destroy("race");
    rmdir(directory);
    printf("%u rounds of %d racers, %d violations\n", rounds, RACERS, violations);
    return violations == 0 ? 0 : 1;
}
