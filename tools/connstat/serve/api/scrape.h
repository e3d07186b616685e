/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a scrape has read, and the table of metrics that are written from it.
 */
#ifndef SERVE_SCRAPE_H
#define SERVE_SCRAPE_H

#include <stdio.h>

#include "serve/sample/subject.h"

struct reading { /* of one segment */
    const char *segment;
    connstat_t *cs; /* NULL: it is not there */
    struct death_counts deaths;
    struct connstat_counts counts;
    struct connstat_totals totals;
    struct connstat_info info;
    struct cluster_view cluster;
    uint64_t workers, states[PROCESS_STATES], alerts[ALERT_KINDS];
    double idle_max_s;
    const char *names[CONNSTAT_MAX_TYPES];
};

struct scrape {
    FILE *out;
    const char *name;          /* of the metric being written */
    const struct reading *now; /* of the segment being written */
};

struct metric {
    const char *name, *type, *help;
    void (*write)(struct scrape *scrape);
    bool without_segment; /* has a value even then */
};

extern const struct metric metric_table[]; /* ends with a row of no name */

#endif
