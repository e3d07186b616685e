/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The nodes of a cluster with their counts, read from its Redis in one transaction. What that
 * costs the Redis grows with the number of nodes, unlike everything that an agent does.
 */
#ifndef TOOLS_ROSTER_H
#define TOOLS_ROSTER_H

#include "cluster/engine.h"
#include "redis/client.h"

struct roster_node {
    char name[ENGINE_NAME_BYTES];
    char agent[128];   /* its agent for people: "web-3, pid 4711" */
    bool live;         /* false: its lease ran out, and it has no counts */
    int64_t seen_ms;   /* how long ago its last update was, or that it was found missing */
    uint64_t *by_type; /* in the order of roster.types */
    uint64_t total_channels, total_connections;
};

struct roster {
    const char *types[CONNSTAT_MAX_TYPES]; /* of all nodes; any more are in the totals only */
    size_t type_count;
    struct roster_node *nodes; /* sorted by name */
    size_t node_count, live_count;
    struct roster_node sum; /* the sum over the live nodes */
};

bool roster_read(struct roster *roster, struct redis_client *client, const char *cluster,
                 struct redis_error *error);
void roster_free(struct roster *roster);

#endif
