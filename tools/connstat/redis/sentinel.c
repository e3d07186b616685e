/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "redis/sentinel.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

static bool authenticate(struct redis_link *link, const struct redis_login *login, int64_t deadline,
                         struct redis_error *error)
{
    redisReply *reply;
    if (!redis_login_authenticate(link, "", login->sentinel_password_file, login->sentinel_password,
                                  &reply, deadline, error))
        return false;
    bool ok = !reply || reply->type == REDIS_REPLY_STATUS;
    if (!ok)
        redis_fail(error, "sentinel %s refuses the password: check --sentinel-password-file",
                   link->stream.name);
    if (reply)
        freeReplyObject(reply);
    return ok;
}

static bool read_address(const redisReply *reply, const char *sentinel, const char *service,
                         struct redis_address *address, struct redis_error *error)
{
    if (reply->type == REDIS_REPLY_NIL)
        return redis_fail(error, "sentinel %s knows no service \"%s\": check the URL's path",
                          sentinel, service);
    if (redis_reply_is_error(reply, "NOAUTH"))
        return redis_fail(error,
                          "sentinel %s wants a password: give one with --sentinel-password-file",
                          sentinel);
    if (reply->type == REDIS_REPLY_ERROR)
        return redis_fail(error, "sentinel %s says: %.300s", sentinel, reply->str);
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_STRING)
        return redis_fail(error, "sentinel %s answers with something unexpected", sentinel);
    snprintf(address->host, sizeof(address->host), "%s", reply->element[0]->str);
    snprintf(address->port, sizeof(address->port), "%.5s", reply->element[1]->str);
    return true;
}

static bool ask(const struct redis_login *login, const struct redis_address *sentinel,
                struct redis_address *address, int64_t deadline, struct redis_error *error)
{
    struct redis_stream stream;
    struct redis_link link;
    if (!redis_stream_connect(&stream, sentinel, login->url.tls ? &login->tls : NULL, deadline,
                              error) ||
        !redis_link_start(&link, &stream, error))
        return false;
    bool found = false;
    if (authenticate(&link, login, deadline, error)) {
        const char *question[] = {"SENTINEL", "get-master-addr-by-name", login->url.service};
        redisReply *reply = redis_link_command(&link, 3, question, deadline, error);
        if (reply) {
            found = read_address(reply, link.stream.name, login->url.service, address, error);
            freeReplyObject(reply);
        }
    }
    redis_link_close(&link);
    return found;
}

bool redis_sentinel_find(const struct redis_login *login, int *first, struct redis_address *address,
                         int64_t deadline, struct redis_error *error)
{
    int count = login->url.address_count;
    for (int tried = 0; tried < count; tried++) {
        int index = (*first + tried) % count;
        int64_t now = clock_ms();
        /* The time left is divided among the sentinels still to ask and the master, who needs a
         * share too. */
        int64_t share = now + (deadline - now) / (count - tried + 1);
        if (ask(login, &login->url.addresses[index], address, share, error)) {
            *first = index;
            return true;
        }
    }
    return false;
}
