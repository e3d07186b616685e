/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Redis over a unix socket: a server of the bench's own, a hash a type, an entry a field of it.
 * Nothing is written to disk. What a dead worker registered stays.
 */
#include "loop.h"
#include "measure.h"
#include "scratch.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIPELINE = 256 }; /* commands in flight while the table is filled */

struct redis_table {
    char socket[96];
    pid_t server;
};

struct redis_session {
    redisContext *context;
    uint64_t next_id;
};

static redisReply *checked(redisContext *context, redisReply *reply)
{
    if (reply == NULL)
        bench_fail("redis: %s", context->errstr);
    if (reply->type == REDIS_REPLY_ERROR)
        bench_fail("redis: %s", reply->str);
    return reply;
}

static redisContext *connect_within_seconds(const char *socket)
{
    for (int tries = 0; tries < 500; tries++) {
        redisContext *context = redisConnectUnix(socket);
        if (context != NULL && context->err == 0)
            return context;
        if (context != NULL)
            redisFree(context);
        usleep(20000);
    }
    bench_fail("redis-server does not answer; is it installed?");
}

static void *redis_create(const struct peer_shape *shape)
{
    (void)shape;
    static unsigned number;
    struct redis_table *table = malloc(sizeof(*table));
    if (table == NULL)
        bench_fail("no memory");
    snprintf(table->socket, sizeof(table->socket), "%s/redis-%u", scratch_path(), number++);
    table->server = fork_helper();
    if (table->server == 0) {
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", table->socket,
               "--save", "", "--appendonly", "no", "--dir", scratch_path(), "--logfile",
               "/dev/null", (char *)NULL);
        _exit(127);
    }
    redisFree(connect_within_seconds(table->socket));
    return table;
}

static void *redis_attach(void *arg, unsigned seat)
{
    const struct redis_table *table = arg;
    struct redis_session *session = malloc(sizeof(*session));
    if (session == NULL)
        bench_fail("no memory");
    session->context = connect_within_seconds(table->socket);
    session->next_id = (uint64_t)(seat + 1) << 40;
    return session;
}

static void send_add(struct redis_session *session, uint64_t id, const struct record *record)
{
    redisAppendCommand(session->context, "HSET connections:0 %b %b", &id, sizeof(id),
                       record->encoded, record->size);
}

static void receive(struct redis_session *session)
{
    redisReply *reply = NULL;
    redisGetReply(session->context, (void **)&reply);
    freeReplyObject(checked(session->context, reply));
}

static inline uint64_t redis_add(void *arg, const struct record *record)
{
    struct redis_session *session = arg;
    uint64_t id = session->next_id++;
    send_add(session, id, record);
    receive(session);
    return id;
}

static inline void redis_remove(void *arg, uint64_t id)
{
    struct redis_session *session = arg;
    freeReplyObject(
        checked(session->context,
                redisCommand(session->context, "HDEL connections:0 %b", &id, sizeof(id))));
}

static void redis_fill(void *arg, struct churn *churn)
{
    struct redis_session *session = arg;
    for (uint64_t i = 0; i < churn->standing; i++) {
        churn->ids[i] = session->next_id++;
        send_add(session, churn->ids[i], churn_record(churn));
        if (i >= PIPELINE)
            receive(session);
    }
    for (uint64_t i = 0; i < churn->standing && i < PIPELINE; i++)
        receive(session);
}

static void redis_pairs(void *session, struct churn *churn, unsigned count)
{
    churn_pairs(session, churn, count, redis_add, redis_remove);
}

static uint64_t redis_counts(void *arg)
{
    struct redis_session *session = arg;
    uint64_t sum = 0;
    for (int i = 0; i < PEER_TYPES; i++)
        redisAppendCommand(session->context, "HLEN connections:%d", i);
    for (int i = 0; i < PEER_TYPES; i++) {
        redisReply *reply = NULL;
        redisGetReply(session->context, (void **)&reply);
        sum += (uint64_t)checked(session->context, reply)->integer;
        freeReplyObject(reply);
    }
    return sum;
}

static void redis_detach(void *arg)
{
    struct redis_session *session = arg;
    redisFree(session->context);
    free(session);
}

static void redis_destroy(void *arg)
{
    struct redis_table *table = arg;
    kill(table->server, SIGTERM);
    while (waitpid(table->server, NULL, 0) < 0 && errno == EINTR)
        ;
    free(table);
}

const struct peer peer_redis = {
    .name = "redis",
    .summary = "Redis over a unix socket, a hash a type",
    .chunk = 4,
    .create = redis_create,
    .attach = redis_attach,
    .fill = redis_fill,
    .pairs = redis_pairs,
    .counts = redis_counts,
    .detach = redis_detach,
    .destroy = redis_destroy,
};
