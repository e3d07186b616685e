/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A world is a small segment, made anew for each point that is tried. The test's own process, called
 * the judge (judge.h), has entries in it.
 */
#ifndef KILL_WORLD_H
#define KILL_WORLD_H

#include "step.h"

#include <connstat.h>

#define TYPES    2
#define CAPACITY 8
#define NAME     "kill"

#define WIDE_CAPACITY 1600 /* several chunks of the touched maps */
#define MAXIMUM       600  /* of tables that grow from CAPACITY: in two steps */

struct world {
    connstat_t *cs;
    uint64_t judges[CAPACITY * TYPES]; /* the serials of the judge's entries */
    connstat_id ids[CAPACITY * TYPES + 1];
    int judges_count;
    uint32_t first, capacity; /* how many slots a type has at first, and may have */
    pid_t zombie;             /* a zombie to be waited for at the end; 0: none */
    bool paused;              /* another process stands in the middle of a call */
};

/* Aborts if the condition does not hold, after printing it and where the test stood (say_where). */
#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_at(__FILE__, __LINE__, #condition);                                               \
    } while (0)
_Noreturn void fail_at(const char *file, int line, const char *what);
void say_where(const char *scenario, size_t point); /* what fail_at will print */

/* Makes a directory for segments, and removes it. */
void worlds_begin(void);
void worlds_end(void);

/* Makes a segment in which the judge has so many entries of each type. */
void world_make(struct world *world, int entries);
void world_make_wide(struct world *world, int entries);    /* with WIDE_CAPACITY slots */
void world_make_growing(struct world *world, int entries); /* from CAPACITY slots to MAXIMUM */
int world_try_make(struct world *world, int entries);      /* returns the error of creating it */
void world_make_other(void);                               /* one of another layout, nobody in it */
connstat_t *world_create_again(const struct world *world); /* adopts it, by its shape */
void world_end(struct world *world);

/* Maps the segment's memory as other processes see it; of size 0 where there is no segment. */
void world_map(struct image *image);
void world_unmap(struct image *image);

/* Registers, and updates, an entry with metadata that is made from its serial, so that a mixture of
 * two entries is recognised. */
int enter(connstat_t *cs, int type, uint64_t serial, connstat_id *id);
int change(connstat_t *cs, connstat_id id, uint64_t serial);
int move_to(connstat_t *cs, connstat_id *id, int type, uint64_t serial);

uint64_t entry_serial(const struct connstat_entry *entry);

/* Registers under the one key that these tests use. */
int enter_key(connstat_t *cs, int type, uint64_t serial, uint32_t limit, connstat_id *id);

#endif
