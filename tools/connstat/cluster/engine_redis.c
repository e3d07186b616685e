/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cluster/engine_redis.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cluster/cluster_script.h"
#include "common/buffer.h"
#include "common/clock.h"

#define REPLY_FIXED 10 /* how many elements stand before the sums; see answer() in cluster.lua */

enum {
    REPLY_STATE,
    REPLY_SETTLES,
    REPLY_NODES,
    REPLY_MISSING,
    REPLY_GONE,
    REPLY_RIVAL,
    REPLY_SLOWEST,
    REPLY_EPOCH,
    REPLY_VERSION,
    REPLY_LIVE
};

static void to_hex(const unsigned char *bytes, size_t size, char *hex)
{
    for (size_t i = 0; i < size; i++)
        sprintf(hex + 2 * i, "%02x", bytes[i]);
}

void engine_redis_keys(const char *cluster, char keys[3][ENGINE_NAME_BYTES + 32])
{
    static const char *const names[] = {"lease", "node", "sum"};
    for (int i = 0; i < 3; i++)
        snprintf(keys[i], sizeof(keys[i]), "connstat:{%s}:%s", cluster, names[i]);
}

/* The moment by which an update must be done, connecting included: early enough for another try
 * within the same period. */
static int64_t deadline_of(const struct engine_report *report)
{
    uint32_t half = report->period_ms / 2;
    return clock_ms() + (half < 250 ? 250 : half > 5000 ? 5000 : half);
}

/* "type:ws_socket=3 ... total:channels=0 total:connections=3" */
static void format_counts(const struct engine_report *report, struct buffer *out)
{
    const struct connstat_counts *counts = report->counts;
    for (size_t i = 0; i < counts->type_count; i++)
        buffer_format(out, "type:%s=%" PRIu64 " ", report->types[i], counts->by_type[i]);
    buffer_format(out, "total:channels=%" PRIu64 " total:connections=%" PRIu64,
                  counts->total_channels, counts->total_connections);
}

/* Run the script. argv is an EVALSHA; it becomes an EVAL where the server does not know the script
 * yet. */
static redisReply *evaluate(struct engine_redis *redis, int argc, const char **argv,
                            int64_t deadline, struct redis_error *error)
{
    redisReply *reply = redis_client_command(&redis->client, argc, argv, deadline, error);
    if (!reply || !redis_reply_is_error(reply, "NOSCRIPT"))
        return reply;
    freeReplyObject(reply);
    argv[0] = "EVAL";
    argv[1] = cluster_script;
    return redis_client_command(&redis->client, argc, argv, deadline, error);
}

static redisReply *run_script(struct engine_redis *redis, const char *operation,
                              const struct engine_report *report, struct redis_error *error)
{
    char lease[16], period[16], slowest[24], version[24];
    char names[sizeof(redis->live) + sizeof(redis->gone)];
    struct buffer counts = {0};
    int64_t deadline = deadline_of(report);
    redisReply *reply = NULL;
    snprintf(lease, sizeof(lease), "%" PRIu32, report->lease_ms);
    snprintf(period, sizeof(period), "%" PRIu32, report->period_ms);
    snprintf(slowest, sizeof(slowest), "%" PRIu64, redis->slowest_ms);
    snprintf(version, sizeof(version), "%" PRIu64, redis->version);
    snprintf(names, sizeof(names), "%s %s", redis->live, redis->gone);
    format_counts(report, &counts);
    const char *argv[] = {"EVALSHA",
                          redis->script_sha,
                          "3",
                          redis->keys[0],
                          redis->keys[1],
                          redis->keys[2],
                          operation,
                          report->node,
                          redis->token,
                          report->origin,
                          report->who,
                          lease,
                          period,
                          counts.bytes,
                          slowest,
                          version,
                          redis->lost_names ? names : ""};
    if (counts.failed)
        redis_fail(error, "out of memory");
    else
        reply = evaluate(redis, sizeof(argv) / sizeof(*argv), argv, deadline, error);
    buffer_free(&counts);
    return reply;
}

/* Whether the reply has the form of answer() in cluster.lua. */
static bool well_formed(const redisReply *reply, size_t types)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != REPLY_FIXED + types + 2)
        return false;
    for (size_t i = 0; i < reply->elements; i++) {
        bool text = i == REPLY_STATE || i == REPLY_GONE || i == REPLY_RIVAL || i == REPLY_LIVE;
        if (reply->element[i]->type != (text ? REDIS_REPLY_STRING : REDIS_REPLY_INTEGER))
            return false;
    }
    return true;
}

static uint64_t number_at(const redisReply *reply, size_t index)
{
    return (uint64_t)reply->element[index]->integer;
}

/* Whether the reply says "taken", and by whom. */
static bool is_taken(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           reply->element[0]->type == REDIS_REPLY_STRING &&
           strcmp(reply->element[0]->str, "taken") == 0 &&
           reply->element[1]->type == REDIS_REPLY_STRING;
}

static void copy_at(const redisReply *reply, size_t index, char *out, size_t size)
{
    snprintf(out, size, "%s", reply->element[index]->str);
}

/* Copy the names, one a line. Those for which there is no room are counted in a last line as "+12
 * more", which cannot be a node's name. */
static void list_missing(const char *names, uint64_t count, char *out, size_t size)
{
    size_t room = size - sizeof "+18446744073709551615 more", length = 0;
    *out = '\0';
    while (*names) {
        size_t name = strcspn(names, " ");
        if (length + name + 1 > room)
            break;
        length += (size_t)snprintf(out + length, size - length, "%s%.*s", length ? "\n" : "",
                                   (int)name, names);
        count--;
        names += name;
        names += *names == ' ';
    }
    if (count > 0)
        snprintf(out + length, size - length, "%s+%" PRIu64 " more", length ? "\n" : "", count);
}

/* Notes the epoch of the answer. Another one than before says that Redis has lost its data: then the next
 * report gives the names of the nodes that this agent knows back to it, once, and comes soon. */
static void note_epoch(struct engine_redis *redis, const struct engine_report *report,
                       const redisReply *reply, struct engine_answer *answer)
{
    uint64_t epoch = number_at(reply, REPLY_EPOCH), version = number_at(reply, REPLY_VERSION);
    bool lost = redis->epoch != 0 && redis->epoch != epoch;
    redis->epoch = epoch;
    redis->slowest_ms = number_at(reply, REPLY_SLOWEST);
    redis->lost_names = lost && (redis->live[0] || redis->gone[0]);
    if (redis->lost_names) {
        answer->next_ms = 1 + report->period_ms / 8;
        return;
    }
    copy_at(reply, REPLY_GONE, redis->gone, sizeof(redis->gone));
    if (redis->version != version) {
        redis->version = version;
        copy_at(reply, REPLY_LIVE, redis->live, sizeof(redis->live));
    }
}

static void read_answer(const redisReply *reply, const struct engine_report *report,
                        struct engine_answer *answer)
{
    size_t types = report->counts->type_count;
    uint32_t settles = (uint32_t)number_at(reply, REPLY_SETTLES);
    answer->state = settles ? ENGINE_SETTLING : ENGINE_WHOLE;
    answer->next_ms = settles;
    answer->nodes = (uint32_t)number_at(reply, REPLY_NODES);
    answer->counts.type_count = types;
    for (size_t i = 0; i < types; i++)
        answer->counts.by_type[i] = number_at(reply, REPLY_FIXED + i);
    answer->counts.total_channels = number_at(reply, REPLY_FIXED + types);
    answer->counts.total_connections = number_at(reply, REPLY_FIXED + types + 1);
    list_missing(reply->element[REPLY_GONE]->str, number_at(reply, REPLY_MISSING), answer->missing,
                 sizeof(answer->missing));
    copy_at(reply, REPLY_RIVAL, answer->rival, sizeof(answer->rival));
}

static bool take_reply(struct engine_redis *redis, const struct engine_report *report,
                       const redisReply *reply, struct engine_answer *answer,
                       struct redis_error *error)
{
    *answer = (struct engine_answer){0};
    if (is_taken(reply)) {
        answer->state = ENGINE_TAKEN;
        copy_at(reply, 1, answer->rival, sizeof(answer->rival));
        return true;
    }
    if (!well_formed(reply, report->counts->type_count)) {
        redis_client_explain(&redis->client, reply, error);
        return false;
    }
    read_answer(reply, report, answer);
    note_epoch(redis, report, reply, answer);
    return true;
}

static bool redis_update(struct engine *engine, const struct engine_report *report,
                         struct engine_answer *answer, struct engine_error *why)
{
    struct engine_redis *redis = (struct engine_redis *)engine;
    struct redis_error error;
    redisReply *reply = run_script(redis, "update", report, &error);
    bool done = reply && take_reply(redis, report, reply, answer, &error);
    if (reply)
        freeReplyObject(reply);
    if (!done)
        memcpy(why->text, error.text, sizeof(why->text));
    return done;
}

static bool redis_leave(struct engine *engine, const struct engine_report *report,
                        struct engine_error *why)
{
    struct engine_redis *redis = (struct engine_redis *)engine;
    struct redis_error error;
    redisReply *reply = run_script(redis, "leave", report, &error);
    bool done = reply && reply->type == REDIS_REPLY_ARRAY;
    if (reply && !done)
        redis_client_explain(&redis->client, reply, &error);
    if (reply)
        freeReplyObject(reply);
    if (!done)
        memcpy(why->text, error.text, sizeof(why->text));
    return done;
}

void engine_redis_init(struct engine_redis *redis, const struct redis_login *login,
                       const char *cluster)
{
    unsigned char sha[EVP_MAX_MD_SIZE], random[16];
    unsigned sha_size;
    *redis = (struct engine_redis){.engine = {redis_update, redis_leave}};
    redis_client_init(&redis->client, login);
    engine_redis_keys(cluster, redis->keys);
    EVP_Digest(cluster_script, strlen(cluster_script), sha, &sha_size, EVP_sha1(), NULL);
    to_hex(sha, 20, redis->script_sha);
    while (getrandom(random, sizeof(random), 0) != sizeof(random))
        ;
    to_hex(random, sizeof(random), redis->token);
}

void engine_redis_close(struct engine_redis *redis)
{
    redis_client_close(&redis->client);
}
