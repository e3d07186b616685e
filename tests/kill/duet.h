/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A duet: two threads of one process, each in a bracketed call of its own (step.h), both under ptrace.
 * Either can be brought to any instruction while the other stands still.
 */
#ifndef KILL_DUET_H
#define KILL_DUET_H

#include "step.h"
#include "world.h"

#include <semaphore.h>
#include <stdatomic.h>

enum player { FIRST, SECOND };

/* Memory that the test shares with the process, so that what the threads noted outlives them. */
struct stage {
    struct world *world;
    const struct duet *duet;
    uint64_t serial; /* of the process's first entry; its metadata is made from it */
    pid_t second;
    sem_t ready, go;
    connstat_id ids[2][CAPACITY]; /* what each thread registered before its call */
    int result[2];
    _Atomic int ended;
    int64_t standing; /* how many entries the process had after both calls had ended */
};

struct call {
    int (*run)(struct stage *stage, enum player player);
    int grows;   /* how many entries it makes if it returns 0; -1: it takes one away */
    int refusal; /* the one error that it may return */
    bool leaves; /* it takes all entries of the process away */
};

struct duet {
    const char *name;
    int crowd;      /* how many entries of each type the judge has */
    int entries[2]; /* how many each thread has registered before its call */
    int closed;     /* how many of these the first thread has unregistered again */
    bool keyed;     /* the entries have a key */
    bool owns;      /* the second thread owns its entries (connstat_own_by_thread) */
    bool newcomer;  /* the second thread's call is its first in the segment */
    bool growing;   /* the tables can grow, and are full before the calls */
    bool forks;     /* the second thread forks: only the first is stopped at each instruction */
    bool rivals;    /* exactly one of the two calls may return 0 */
    struct call call[2];
};

extern const struct duet duets[];
extern const size_t duet_count;

struct players {
    struct world world;
    struct stage *stage;
    pid_t first, second; /* tids; the first thread's is the pid */
};

/* How many entries the process has before the two calls. */
int duet_standing(const struct duet *duet);

/* Makes a world and the process; when this returns, both threads stand at their first brackets. */
void duet_start(const struct duet *duet, struct players *players, uint64_t serial);

/* Lets a thread run to the end of its call. False: it has not come there after MOMENTS; it goes on
 * running. */
bool duet_run(pid_t thread);

/* Lets a thread run to the end of its call while the other stands still. It is a failure if it does
 * not come there. */
void duet_run_unhindered(pid_t thread);

/* Waits until a thread that runs has come to the end of its call. */
void duet_await(pid_t thread);

/* After both calls have ended: lets the process run to its end. */
void duet_finish(struct players *players);
void duet_kill(struct players *players);
void duet_end(struct players *players);

#endif
