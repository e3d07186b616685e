/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A small segment of its own for each point, with entries of the judge (the test's own process),
 * and the judgement: every invariant that a user can see, and connstat_check for the others.
 */
#ifndef KILL_WORLD_H
#define KILL_WORLD_H

#include "step.h"

#include <connstat.h>

#define TYPES    2
#define CAPACITY 8
#define NAME     "kill"

#define WIDE_CAPACITY 1600 /* several chunks of the touched maps */

struct world {
    connstat_t *cs;
    uint64_t judges[CAPACITY * TYPES]; /* the serials of the judge's entries */
    connstat_id ids[CAPACITY * TYPES + 1];
    int judges_count;
    uint32_t capacity;
    pid_t zombie; /* 0, or one to be buried at the end */
    bool paused;  /* somebody stands in the middle of something */
};

/* What a death in the operation may have left in the totals. */
struct verdict {
    pid_t pid;
    bool exited; /* not killed: it came to its end */
    int deaths_min, deaths_max;
    uint64_t lost_min, lost_max;
};

/* Aborts with the place, after printing where the test stood. */
#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_at(__FILE__, __LINE__, #condition);                                               \
    } while (0)
_Noreturn void fail_at(const char *file, int line, const char *what);
void say_where(const char *scenario, size_t point); /* for fail_at */

/* Once: a directory for segments. */
void worlds_begin(void);
void worlds_end(void);

/* A fresh segment, in which the judge has entries entries of each type. */
void world_make(struct world *world, int entries);
void world_make_wide(struct world *world, int entries); /* with WIDE_CAPACITY */
int world_try_make(struct world *world, int entries);   /* or the error of creating it */
void world_make_other(void);                            /* of another layout, and nobody in it */
void world_end(struct world *world);

/* The segment's memory as everybody sees it, of size 0 where there is none. */
void world_map(struct image *image);
void world_unmap(struct image *image);

/* Self-certifying metadata: an entry that mixes two serials is recognised. */
int enter(connstat_t *cs, int type, uint64_t serial, connstat_id *id);
int change(connstat_t *cs, connstat_id id, uint64_t serial);
int move_to(connstat_t *cs, connstat_id *id, int type, uint64_t serial);

uint64_t entry_serial(const struct connstat_entry *entry);

/* The same with the one key of these tests. */
int enter_key(connstat_t *cs, int type, uint64_t serial, uint32_t limit, connstat_id *id);

/* The judge's entries and nothing else, all capacity usable, the obituary right. */
void world_judge(struct world *world, const struct verdict *verdict);

/* For connstat_check. */
void report(const char *message, void *arg);

/* While another process stands in the middle of something: everything works for the judge, and
 * at least standing_min, at most standing_max entries of others are listed, and at most in_flight
 * slots are neither theirs nor anybody's. */
void world_use(struct world *world, uint64_t standing_min, uint64_t standing_max,
               uint64_t in_flight);

#endif
