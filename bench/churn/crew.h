/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A crew: worker processes of one or more threads each, pinned to cores, that do one kind of work
 * in timed rounds and wait asleep in between.
 */
#ifndef CREW_H
#define CREW_H

#include <stdint.h>

struct crew_task {
    void *(*begin)(void *arg, unsigned seat); /* in each thread, once; returns its state */
    uint64_t (*step)(void *state);            /* some microseconds of work; returns units done */
    void (*end)(void *state);                 /* may be NULL */
    void *arg;
};

struct crew; /* with the parent; ends by crew_dismiss */

/* Returns when every thread has begun. Cores are taken from first_core on. */
struct crew *crew_hire(const struct crew_task *task, unsigned workers, unsigned threads,
                       unsigned first_core);

/* Time that counts: on the wall, or on the cores (what other programs take does not count). */
enum crew_clock { CREW_WALL, CREW_CPU };

struct crew_result {
    double ns_per_unit; /* of one thread, in the mean */
    double units_per_s; /* of all together */
    uint64_t units;
};

/* A fifth of the time goes to warming up, unmeasured. */
struct crew_result crew_round(struct crew *crew, uint64_t duration_ns, enum crew_clock clock);

/* The same in two parts, for rounds of several crews at once. */
uint64_t crew_start(struct crew *crew, uint64_t duration_ns, enum crew_clock clock);
struct crew_result crew_wait(struct crew *crew);

void crew_dismiss(struct crew *crew);

/* Memory that a parent shares with the workers that it forks, zeroed. */
void *shared_alloc(uint64_t bytes);
void shared_free(void *memory, uint64_t bytes);

#endif
