/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What has been read for a scrape, and the table of metrics that are written from it.
 */
#ifndef SERVE_SCRAPE_H
#define SERVE_SCRAPE_H

#include <stdio.h>

#include "serve/sample/subject.h"

struct reading { /* what was read of one segment */
    const char *segment;
    connstat_t *cs; /* NULL: the segment is not there */
    struct death_counts deaths;
    struct connstat_counts counts;
    struct connstat_totals totals;
    struct connstat_info info;
    struct cluster_view cluster;
    uint64_t workers, states[PROCESS_STATES], alerts[ALERT_KINDS];
    double idle_max_s;
    struct watched_sockets sockets;
    const char *names[CONNSTAT_MAX_TYPES];
};

struct scrape {
    FILE *out;
    const char *name;          /* name of the metric that is being written */
    const struct reading *now; /* what was read of the segment that is being written */
};

struct metric {
    const char *name, *type, *help;
    void (*write)(struct scrape *scrape);
    bool without_segment; /* written also where there is no segment */
};

extern const struct metric metric_table[]; /* the last row has no name */

#endif
