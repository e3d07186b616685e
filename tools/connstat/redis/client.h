/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A connection to the Redis that a URL means. It connects when it must, asks the sentinels which
 * Redis is the master, logs in, and follows a Redis Cluster to the node that holds the keys.
 */
#ifndef TOOLS_REDIS_CLIENT_H
#define TOOLS_REDIS_CLIENT_H

#include "redis/link.h"
#include "redis/login.h"

struct redis_client {
    const struct redis_login *login;
    struct redis_link link;
    int sentinel; /* the number of the sentinel that answered last */
};

void redis_client_init(struct redis_client *client, const struct redis_login *login);
void redis_client_close(struct redis_client *client);

/* Connect, unless connected already. False: the error is set. */
bool redis_client_connect(struct redis_client *client, int64_t deadline, struct redis_error *error);

/* Connect if need be, send a command and wait for the reply, which may be an error of the server's.
 * NULL: there was no reply; the error is set. */
redisReply *redis_client_command(struct redis_client *client, int argc, const char **argv,
                                 int64_t deadline, struct redis_error *error);

/* Describe an error reply in words for people, and close the connection where a new one may do
 * better. */
void redis_client_explain(struct redis_client *client, const redisReply *reply,
                          struct redis_error *error);

#endif
