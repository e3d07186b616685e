/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The counts of a whole cluster, as one agent wrote them into this segment. It writes four buffers in
 * turn and then says which is the newest; so readers get a whole one at any time, and an agent that
 * is killed in the middle leaves the last whole one in place.
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

/* Only the segment's agent may call these two, from one thread at a time (lib/cluster.c sees to it).
 * cluster_clear withdraws the counts. */
void cluster_write(const struct segment *s, const struct cluster_view *view);
void cluster_clear(const struct segment *s);

/* Copies the newest whole buffer to view. False: nothing was ever written, or the agent overtook
 * this reader eight times. A view with 0 nodes: the counts were withdrawn. */
bool cluster_read(const struct segment *s, struct cluster_view *view);

#endif
