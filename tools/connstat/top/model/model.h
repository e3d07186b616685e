/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What top knows: the last sample, and the rates and histories made from all of them. Nothing here
 * touches a segment, a process or a terminal.
 */
#ifndef TOP_MODEL_H
#define TOP_MODEL_H

#include "top/model/sample.h"
#include "top/model/series.h"

struct top_rates { /* per second; NAN: not known yet */
    double opened, closed;
};

struct top_type {
    char name[32];
    int index, kind;
    uint64_t slots, capacity; /* there are now, there may be */
    uint64_t live, lost, refused;
    uint64_t refused_by[CONNSTAT_REFUSAL_COUNT];
    uint64_t opened, closed;
    struct top_rates rates;
    bool refusing;             /* something of this type was refused since the sample before */
    struct top_series history; /* of the number that lives */
};

struct top_worker {
    struct top_worker_sample now;
    struct top_rates rates;
    double cpu_percent; /* in percent of one processor; NAN: not known */
};

struct top_model {          /* starts as {0} */
    int64_t at_ns;          /* when the last sample was taken; 0: there was none */
    unsigned segments_seen; /* rises when the name leads to another segment */
    struct connstat_info info;
    uint64_t total_channels, total_connections, joins, deaths_total;
    struct top_series history; /* of the sum of both totals */
    size_t type_count, worker_count, death_count;
    struct top_type types[CONNSTAT_MAX_TYPES];
    struct top_worker *workers;          /* sorted by pid and tid */
    struct top_death deaths[TOP_DEATHS]; /* the newest first */
};

/* Add a sample. Returns 0; or -ENOMEM, and then the model is as before. */
int top_model_add(struct top_model *model, const struct top_sample *sample);

/* Add a gap to the histories: there was no segment to look at. */
void top_model_gap(struct top_model *model);

void top_model_free(struct top_model *model);

#endif
