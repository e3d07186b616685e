/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "redis/client.h"

#include <stdio.h>
#include <string.h>

#include "redis/sentinel.h"

#define REDIRECTIONS_MAX 3

void redis_client_init(struct redis_client *client, const struct redis_login *login)
{
    *client = (struct redis_client){.login = login};
}

void redis_client_close(struct redis_client *client)
{
    redis_link_close(&client->link);
}

static const struct {
    const char *code, *words;
    bool reconnect;
} explanations[] = {
    {"NOAUTH", "it wants a password: give one with --password-file or CONNSTAT_REDIS_PASSWORD",
     true},
    {"ERR Protocol error: unauthenticated",
     "it wants a password: give one with --password-file or CONNSTAT_REDIS_PASSWORD", true},
    {"WRONGPASS", "it refuses the user or the password: check both", true},
    {"ERR invalid password", "it refuses the password: check it", true},
    {"ERR AUTH <password> called without any password",
     "no password is set there: set one, or give none here", true},
    {"NOPERM", "its access rules deny this; see ACL RULES in connstat-agent(1)", true},
    {"ERR ACL failure in script", "its access rules deny this; see ACL RULES in connstat-agent(1)",
     true},
    {"ERR The user executing the script can't",
     "its access rules deny this; see ACL RULES in connstat-agent(1)", true},
    {"READONLY", "it is a replica: name the master, or sentinels that know it", true},
    {"LOADING", "it is still reading its data", false},
    {"MASTERDOWN", "its master is down", true},
    {"CLUSTERDOWN", "the Redis Cluster is down", true},
    {"BUSY", "a script of somebody's keeps it busy", false},
    {"OOM", "its memory is full: raise maxmemory or choose an eviction policy", false},
    {"MISCONF", "it refuses writes because it cannot save to its disk", false},
    {"NOREPLICAS", "it refuses writes because too few replicas are connected", true},
    {"WRONGTYPE", "a key connstat:{NAME}:* holds something else: delete it there", false},
};

void redis_client_explain(struct redis_client *client, const redisReply *reply,
                          struct redis_error *error)
{
    const char *name = client->link.stream.name;
    if (reply->type != REDIS_REPLY_ERROR) {
        redis_fail(error, "%s answers with something unexpected: is it a Redis?", name);
        redis_client_close(client);
        return;
    }
    for (size_t i = 0; i < sizeof(explanations) / sizeof(*explanations); i++) {
        if (redis_reply_is_error(reply, explanations[i].code)) {
            redis_fail(error, "%s: %s (%.200s)", name, explanations[i].words, reply->str);
            if (explanations[i].reconnect)
                redis_client_close(client);
            return;
        }
    }
    redis_fail(error, "%s says: %.400s", name, reply->str);
    redis_client_close(client);
}

/* Judge the answer to a command that is part of logging in: anything but +OK is a failure. */
static bool accept_answer(struct redis_client *client, redisReply *reply, struct redis_error *error)
{
    bool ok = reply->type == REDIS_REPLY_STATUS;
    if (!ok)
        redis_client_explain(client, reply, error);
    freeReplyObject(reply);
    if (!ok)
        redis_client_close(client);
    return ok;
}

static bool authenticate(struct redis_client *client, int64_t deadline, struct redis_error *error)
{
    const struct redis_login *login = client->login;
    redisReply *reply;
    if (!redis_login_authenticate(&client->link, login->url.user, login->password_file,
                                  login->url.password, &reply, deadline, error)) {
        redis_client_close(client);
        return false;
    }
    return !reply || accept_answer(client, reply, error);
}

static bool choose_database(struct redis_client *client, int64_t deadline,
                            struct redis_error *error)
{
    if (client->login->url.database == 0)
        return true;
    char database[16];
    snprintf(database, sizeof(database), "%u", client->login->url.database);
    const char *select[] = {"SELECT", database};
    redisReply *reply = redis_link_command(&client->link, 2, select, deadline, error);
    return reply && accept_answer(client, reply, error);
}

static bool log_in(struct redis_client *client, const struct redis_stream *stream, int64_t deadline,
                   struct redis_error *error)
{
    return redis_link_start(&client->link, stream, error) &&
           authenticate(client, deadline, error) && choose_database(client, deadline, error);
}

static bool connect_to(struct redis_client *client, const struct redis_address *address,
                       int64_t deadline, struct redis_error *error)
{
    const struct redis_login *login = client->login;
    struct redis_stream stream;
    return redis_stream_connect(&stream, address, login->url.tls ? &login->tls : NULL, deadline,
                                error) &&
           log_in(client, &stream, deadline, error);
}

bool redis_client_connect(struct redis_client *client, int64_t deadline, struct redis_error *error)
{
    const struct redis_url *url = &client->login->url;
    struct redis_address address;
    struct redis_stream stream;
    if (client->link.reader)
        return true;
    switch (url->kind) {
    case REDIS_UNIX:
        return redis_stream_connect_unix(&stream, url->path, deadline, error) &&
               log_in(client, &stream, deadline, error);
    case REDIS_SENTINEL:
        return redis_sentinel_find(client->login, &client->sentinel, &address, deadline, error) &&
               connect_to(client, &address, deadline, error);
    default:
        return connect_to(client, &url->addresses[0], deadline, error);
    }
}

/* Connect to where an answer like "MOVED 3999 10.0.0.7:6381" points. Its host may be missing: then
 * it is the one that was asked. */
static bool follow(struct redis_client *client, const char *moved, int64_t deadline,
                   struct redis_error *error)
{
    struct redis_address address;
    const char *target = strrchr(moved, ' ');
    const char *colon = target ? strrchr(target, ':') : NULL;
    if (!colon)
        return redis_fail(error, "%s says: %.400s", client->link.stream.name, moved);
    snprintf(address.host, sizeof(address.host), "%.*s", (int)(colon - target - 1), target + 1);
    snprintf(address.port, sizeof(address.port), "%.5s", colon + 1);
    if (!address.host[0])
        snprintf(address.host, sizeof(address.host), "%s", client->login->url.addresses[0].host);
    redis_client_close(client);
    return connect_to(client, &address, deadline, error);
}

redisReply *redis_client_command(struct redis_client *client, int argc, const char **argv,
                                 int64_t deadline, struct redis_error *error)
{
    for (int redirections = 0;; redirections++) {
        if (!redis_client_connect(client, deadline, error))
            return NULL;
        redisReply *reply = redis_link_command(&client->link, argc, argv, deadline, error);
        if (!reply || !redis_reply_is_error(reply, "MOVED ") || redirections == REDIRECTIONS_MAX)
            return reply;
        bool followed = follow(client, reply->str, deadline, error);
        freeReplyObject(reply);
        if (!followed)
            return NULL;
    }
}
