/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The engine on Redis: cluster.lua, run there.
 */
#ifndef TOOLS_ENGINE_REDIS_H
#define TOOLS_ENGINE_REDIS_H

#include "cluster/engine.h"
#include "redis/client.h"

/* What an agent remembers of its cluster's nodes, so that a Redis that lost everything can still
 * name those that do not come back. */
#define ENGINE_REDIS_NAMES_BYTES 8192

struct engine_redis {
    struct engine engine;
    struct redis_client client;
    char script_sha[41];
    char keys[3][ENGINE_NAME_BYTES + 32];
    char token[33];                      /* this agent's life */
    uint64_t epoch, version, slowest_ms; /* as last told by the script */
    char live[ENGINE_REDIS_NAMES_BYTES], gone[ENGINE_REDIS_NAMES_BYTES];
    bool lost_names; /* hand them back with the next update */
};

void engine_redis_init(struct engine_redis *engine, const struct redis_login *login,
                       const char *cluster);
void engine_redis_close(struct engine_redis *engine);

/* The three keys of a cluster: lease, node, sum. */
void engine_redis_keys(const char *cluster, char keys[3][ENGINE_NAME_BYTES + 32]);

#endif
