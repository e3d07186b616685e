/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A Redis as its URL means it: connects when it must, asks the sentinels who leads, logs in,
 * follows a Redis Cluster to the node that holds the keys.
 */
#ifndef TOOLS_REDIS_CLIENT_H
#define TOOLS_REDIS_CLIENT_H

#include "redis/link.h"
#include "redis/login.h"

struct redis_client {
    const struct redis_login *login;
    struct redis_link link;
    int sentinel; /* the one that answered last */
};

void redis_client_init(struct redis_client *client, const struct redis_login *login);
void redis_client_close(struct redis_client *client);

/* Connect where not connected. */
bool redis_client_connect(struct redis_client *client, int64_t deadline, struct redis_error *error);

/* Connect if need be, send, receive. Returns the reply, which may be an error of the server's;
 * NULL: no reply. */
redisReply *redis_client_command(struct redis_client *client, int argc, const char **argv,
                                 int64_t deadline, struct redis_error *error);

/* Put an error reply into words, and drop the connection where another may do better. */
void redis_client_explain(struct redis_client *client, const redisReply *reply,
                          struct redis_error *error);

#endif
