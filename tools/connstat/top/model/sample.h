/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What top reads at one moment: of the segment through the library, and of its workers through
 * /proc.
 */
#ifndef TOP_SAMPLE_H
#define TOP_SAMPLE_H

#include <connstat.h>

#define TOP_DEATHS 256 /* as many as a segment keeps */

struct top_type_sample {
    char name[32];
    int kind;
    uint64_t slots, capacity; /* there are now, there may be */
};

struct top_worker_sample {
    pid_t pid, tid;
    char label[CONNSTAT_LABEL_BYTES];
    bool foreign;
    int64_t joined_at_ns;
    uint64_t opened, closed, live_total;
    uint64_t live[CONNSTAT_MAX_TYPES];
    bool has_usage; /* the two below are known */
    uint64_t cpu_ns, memory_bytes;
};

struct top_death {
    uint64_t number;
    pid_t pid, tid;
    char label[CONNSTAT_LABEL_BYTES];
    enum connstat_cause cause;
    int status;
    int64_t joined_at_ns, died_at_ns;
    uint64_t lost_total, lost[CONNSTAT_MAX_TYPES];
};

struct top_sample { /* starts as {0}; the next sample uses its memory again */
    int64_t at_ns;  /* CLOCK_MONOTONIC */
    struct connstat_info info;
    struct top_type_sample types[CONNSTAT_MAX_TYPES];
    struct connstat_counts counts;
    struct connstat_totals totals;
    struct top_worker_sample *workers; /* by pid and tid */
    size_t worker_count, worker_room;
    struct top_death deaths[TOP_DEATHS]; /* the newest first */
    size_t death_count;
};

/* Take a sample. Returns 0; -ENOENT: the segment is gone; -ENOMEM; or what the library returned. */
int top_sample_take(struct top_sample *sample, connstat_t *cs);
void top_sample_free(struct top_sample *sample);

#endif
