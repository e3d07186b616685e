/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The cluster's aggregate: four buffers, written in turn by one agent. An agent that is killed in
 * the middle leaves the last whole one in place.
 */
#ifndef SHM_CLUSTER_AREA_H
#define SHM_CLUSTER_AREA_H

#include "segment.h"

struct cluster_view {
    int64_t at_ns; /* CLOCK_BOOTTIME */
    uint64_t lease_ms;
    uint32_t nodes;
    uint64_t by_type[MAX_TYPES];
    uint64_t total_channels, total_connections;
    char node[64], cluster[64];
    char missing[CLUSTER_MISSING];
};

/* By the agent alone (lib/cluster.c sees to that). */
void cluster_write(const struct segment *s, const struct cluster_view *view);
void cluster_clear(const struct segment *s);

/* False: there is none. */
bool cluster_read(const struct segment *s, struct cluster_view *view);

#endif
