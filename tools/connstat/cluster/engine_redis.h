/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The engine that adds up in a Redis, by running cluster.lua there.
 */
#ifndef TOOLS_ENGINE_REDIS_H
#define TOOLS_ENGINE_REDIS_H

#include "cluster/engine.h"
#include "redis/client.h"

/* How many bytes of node names an agent remembers, so that a Redis that lost everything can still
 * tell which nodes do not come back. */
#define ENGINE_REDIS_NAMES_BYTES 8192

struct engine_redis {
    struct engine engine;
    struct redis_client client;
    char script_sha[41];
    char keys[3][ENGINE_NAME_BYTES + 32];
    char token[33];                      /* stands for this life of the agent */
    uint64_t epoch, version, slowest_ms; /* what the script's last answer said */
    char live[ENGINE_REDIS_NAMES_BYTES], gone[ENGINE_REDIS_NAMES_BYTES];
    bool lost_names; /* the next update hands the names back */
};

void engine_redis_init(struct engine_redis *engine, const struct redis_login *login,
                       const char *cluster);
void engine_redis_close(struct engine_redis *engine);

/* Make the names of the three keys that a cluster has in Redis: lease, node, sum. */
void engine_redis_keys(const char *cluster, char keys[3][ENGINE_NAME_BYTES + 32]);

#endif
