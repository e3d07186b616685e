/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The judge looks at a world after an operation in which somebody died or was stopped: at every
 * invariant that a user can see, and by connstat_check at the others.
 */
#ifndef KILL_JUDGE_H
#define KILL_JUDGE_H

#include "world.h"

/* What the totals may say after an operation in which somebody died or was stopped. */
struct verdict {
    pid_t pid;
    bool exited; /* it was not killed, but came to its end */
    int deaths_min, deaths_max;
    uint64_t lost_min, lost_max;
};

/* The judge looks who died; as connstat_reap, unless a test has another look in mind (foreign.c). */
extern int (*world_reap)(connstat_t *cs);

/* After the operation: the judge's entries and no others are there, every slot can be used, and deaths
 * and totals are as the verdict says. */
void world_judge(struct world *world, const struct verdict *verdict);

/* For connstat_check. */
void report(const char *message, void *arg);

/* While another process stands in the middle of a call: everything works for the judge. From
 * standing_min to standing_max entries of others are listed, and at most in_flight slots are neither
 * free nor entries. */
void world_use(struct world *world, uint64_t standing_min, uint64_t standing_max,
               uint64_t in_flight);

#endif
