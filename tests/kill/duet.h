/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Two threads of one process at once, each in a bracketed call of its own and both under ptrace:
 * either can be brought to any instruction while the other stands still.
 */
#ifndef KILL_DUET_H
#define KILL_DUET_H

#include "step.h"
#include "world.h"

#include <semaphore.h>
#include <stdatomic.h>

enum player { FIRST, SECOND };

/* Shared by the test and the process: what they found outlives it. */
struct stage {
    struct world *world;
    const struct duet *duet;
    uint64_t serial; /* of the process's entries: other metadata each time */
    pid_t second;
    sem_t ready, go;
    connstat_id ids[2][CAPACITY]; /* what each has registered before */
    int result[2];
    _Atomic int ended;
    int64_t standing; /* the process's entries when both had ended */
};

struct call {
    int (*run)(struct stage *stage, enum player player);
    int grows;   /* entries that it makes if it returns 0; -1: takes one away */
    int refusal; /* what else it may return */
    bool leaves; /* takes all of the process's away */
};

struct duet {
    const char *name;
    int crowd;      /* the judge's entries of each type */
    int entries[2]; /* that each has registered before */
    int closed;     /* of the first's, unregistered before */
    bool keyed;     /* those that stand have a key */
    bool owns;      /* the second owns its entries itself */
    bool newcomer;  /* the second's call is its first in the segment */
    bool forks;     /* the second forks: only the first is stopped at each instruction */
    bool rivals;    /* exactly one of the two calls returns 0 */
    struct call call[2];
};

extern const struct duet duets[];
extern const size_t duet_count;

struct players {
    struct world world;
    struct stage *stage;
    pid_t first, second; /* the first is the process */
};

int duet_standing(const struct duet *duet); /* the process's entries before */

/* Both stand at the beginning of their brackets. */
void duet_start(const struct duet *duet, struct players *players, uint64_t serial);

/* Let one run to the end of its call. False: it has not come there within a moment; it goes on
 * running. */
bool duet_run(pid_t thread);

/* Let one run to the end of its call, while the other stands: it must not wait for that one. */
void duet_run_unhindered(pid_t thread);
void duet_await(pid_t thread); /* until it is there */

/* Both have ended their calls: to the end of the process. */
void duet_finish(struct players *players);
void duet_kill(struct players *players);
void duet_end(struct players *players);

#endif
