/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the benches of single targets share: two options, a worker's entries, and one JSON line a
 * result.
 */
#ifndef COMMON_H
#define COMMON_H

#include "crew.h"
#include "measure.h"
#include "workload.h"

#include <connstat.h>
#include <stdbool.h>
#include <stdint.h>

struct common {
    unsigned reps;
    bool quick; /* smaller tables and shorter rounds: shows that it works, measures nothing */
};

/* Parses --reps and --quick, exits on --help or errors, and makes the scratch directory. */
void common_start(struct common *common, int argc, char **argv, const char *doc);

/* In a quick run the second, else the first. */
static inline uint64_t pick(const struct common *common, uint64_t full, uint64_t quick)
{
    return common->quick ? quick : full;
}

/* A worker process that has joined, holds entries and sleeps until told to go. */
struct holder;
struct holder *holder_start(connstat_t *cs, const struct workload *workload, uint64_t entries);
pid_t holder_pid(const struct holder *holder);
void holder_stop(struct holder *holder); /* it leaves in order */
void holder_kill(struct holder *holder); /* it is killed and waited for */

/* Prints {"bench": .., members, "median": .., "spread": .., "samples": [..]}. The members are
 * formatted, in JSON, with a comma at the end. */
void result_print(const char *bench, const struct samples *samples, const char *members, ...)
    __attribute__((format(printf, 3, 4)));

#endif
