/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "scratch.h"

#include "measure.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static char path[64];
static pid_t owner;
static volatile sig_atomic_t stop;

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st, (void)kind, (void)ftw;
    return remove(name);
}

static void scratch_remove(void)
{
    if (getpid() == owner)
        nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static void on_signal(int signal)
{
    (void)signal;
    stop = 1;
}

void scratch_make(void)
{
    snprintf(path, sizeof(path), "/dev/shm/connstat-bench-XXXXXX");
    if (mkdtemp(path) == NULL)
        bench_fail("cannot make a directory below /dev/shm: %m");
    owner = getpid();
    setenv("CONNSTAT_DIR", path, 1);
    atexit(scratch_remove);

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

const char *scratch_path(void)
{
    return path;
}

bool interrupted(void)
{
    return stop != 0;
}

pid_t fork_helper(void)
{
    pid_t parent = getpid();
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        bench_fail("fork: %m");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent && getppid() != 0) /* 0: a parent of another pid namespace */
            _exit(1);
    }
    return child;
}
