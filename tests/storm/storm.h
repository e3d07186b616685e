/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the parts of the kill storm share: entries that prove themselves (entries.c), those who live in
 * the storm (lives.c), and the storm itself (storm.c).
 */
#ifndef STORM_H
#define STORM_H

#include <connstat.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAME     "storm"
#define WORKERS  8
#define HELD     40
#define USERS    6
#define LIMIT    12
#define TYPES    2
#define CAPACITY 512 /* slots of a type: more than all workers together hold */

/* Of tables that grow. */
#define FIRST   64
#define MAXIMUM 100000

#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

extern bool growing;

static inline uint64_t random_next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static inline double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- entries.c ------------------------------------------------------------------------------ */

/* The metadata that a worker writes holds a sum over all its fields; a mixture of two maps does not
 * have the right one. The serial of an entry with a key is odd and tells its user, also after an
 * update. */
#define MAP_FIELDS 5
struct map {
    char text[40];
    struct connstat_field fields[MAP_FIELDS];
};

void map_make(struct map *map, uint64_t serial, uint64_t change, pid_t pid);

/* Registers an entry, with a key and a limit if its serial is odd. */
int enter(connstat_t *cs, int type, uint64_t serial, connstat_id *id);

/* One user's entries never move: a limit does not apply to moving, so for this user alone the limit
 * holds at each moment. */
bool has_limit_for_ever(uint64_t serial);
struct connstat_key key_with_limit_for_ever(void);

/* Visit function: each entry is one that somebody wrote. arg counts them (uint64_t). */
int is_whole(const struct connstat_entry *entry, void *arg);

extern struct seen { /* what is_whole has seen */
    uint64_t changed, moved;
} seen_of;

/* ---- lives.c -------------------------------------------------------------------------------- */

void work(connstat_t *cs, uint64_t seed);
void reap(connstat_t *cs, uint64_t seed);
void read_all(connstat_t *ignored, uint64_t seed);

/* Fills a table that grows until it is full at its maximum, then makes a little room and fills it again
 * all the while; at times it leaves and begins anew. slow_us: the first one's time to fill the table;
 * those who follow it fill it as fast as they can. */
void fill(connstat_t *cs, uint64_t slow_us);

extern struct filling { /* shared by all processes */
    _Atomic uint64_t times, refusals;
} * filling;

#endif
