/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Linked into test_kill or test_stop, it makes each child the first process of a pid namespace of its
 * own. So the judge knows of its life by its lock alone, which it has to find let go at two looks, a
 * second apart; for the judge that second passes at once.
 */
#include "judge.h"
#include "step.h"
#include "world.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SKIPPED = 77, A_SECOND_AND_MORE_NS = 1100000000 };

static int64_t monotonic_ahead_ns;
static int own_namespace;

/* In the place of libc's: the library is linked into this program. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int error = (int)syscall(SYS_clock_gettime, clock, now);
    int64_t ns;

    if (error != 0 || clock != CLOCK_MONOTONIC)
        return error;
    ns = now->tv_nsec + monotonic_ahead_ns;
    now->tv_sec += ns / 1000000000;
    now->tv_nsec = ns % 1000000000;
    return 0;
}

static pid_t fork_foreign(void)
{
    /* Back first: where the last one's namespace has ended nothing more can be born. */
    require(setns(own_namespace, CLONE_NEWPID) == 0);
    require(unshare(CLONE_NEWPID) == 0);
    return fork();
}

static int reap_by_lock(connstat_t *cs)
{
    int first = connstat_reap(cs), second;

    if (first < 0)
        return first;
    monotonic_ahead_ns += A_SECOND_AND_MORE_NS;
    second = connstat_reap(cs);
    return second < 0 ? second : first + second;
}

__attribute__((constructor)) static void begin(void)
{
    own_namespace = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    if (own_namespace < 0 || setns(own_namespace, CLONE_NEWPID) < 0) {
        fprintf(stderr, "not root, or no pid namespaces to be had\n");
        _exit(SKIPPED);
    }
    child_fork = fork_foreign;
    world_reap = reap_by_lock;
}
