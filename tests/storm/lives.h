/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Who lives in the storm: workers, reapers, a reader. Each is a process of its own, which lives until it
 * is killed; the reader, until it is told to end.
 */
#ifndef STORM_LIVES_H
#define STORM_LIVES_H

#include <connstat.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME     "storm"
#define WORKERS  8
#define HELD     40
#define USERS    6
#define LIMIT    12
#define TYPES    2
#define CAPACITY 512 /* slots of a type: more than all workers together hold */

/* Of tables that grow, and what one more worker adds to one of them, little by little. */
#define FIRST   64
#define MAXIMUM 100000
#define BALLAST 60000
#define require(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            abort();                                                                               \
        }                                                                                          \
    } while (0)
extern bool growing; /* the tables begin with FIRST slots, and grow */

uint64_t random_next(uint64_t *state);

void work(connstat_t *cs, uint64_t seed);
void add_ballast(connstat_t *cs, uint64_t seconds);
void reap(connstat_t *cs, uint64_t seed);
void read_all(connstat_t *ignored, uint64_t seed);

/* A visit: is the entry whole, and such as a worker makes it? Counts it in *arg. */
int is_whole(const struct connstat_entry *entry, void *arg);

#endif
