/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cluster/roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/engine_redis.h"
#include "common/clock.h"

#define PATIENCE_MS 10000

/* The lines of a node's record, as cluster.lua writes it. */
enum {
    RECORD_TOKEN,
    RECORD_ORIGIN,
    RECORD_WHO,
    RECORD_LEASE,
    RECORD_PERIOD,
    RECORD_RIVAL,
    RECORD_COUNTS,
    RECORD_LINES
};

struct transaction { /* the elements of the reply to EXEC */
    const redisReply *time, *leases, *records;
};

/* Read the clock, the leases and the records, all of the same moment. Returns the reply to EXEC. */
static redisReply *fetch(struct redis_client *client, const char *cluster, int64_t deadline,
                         struct redis_error *error)
{
    char keys[3][ENGINE_NAME_BYTES + 32];
    engine_redis_keys(cluster, keys);
    const char *multi[] = {"MULTI"}, *time[] = {"TIME"}, *records[] = {"HGETALL", keys[1]},
               *leases[] = {"ZRANGE", keys[0], "0", "-1", "WITHSCORES"}, *exec[] = {"EXEC"};
    const struct {
        const char **argv;
        int argc;
    } commands[] = {{multi, 1}, {time, 1}, {leases, 5}, {records, 2}, {exec, 1}};
    const size_t count = sizeof(commands) / sizeof(*commands);

    /* A small read comes first: it connects, and finds the right node of a Redis Cluster. */
    const char *probe[] = {"ZRANGE", keys[0], "0", "0"};
    redisReply *reply = redis_client_command(client, 4, probe, deadline, error);
    for (size_t i = 0; reply && i < count; i++) {
        if (reply->type == REDIS_REPLY_ERROR)
            return reply;
        freeReplyObject(reply);
        reply =
            redis_link_command(&client->link, commands[i].argc, commands[i].argv, deadline, error);
    }
    return reply;
}

static bool is_flat_list(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements % 2 != 0)
        return false;
    for (size_t i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type != REDIS_REPLY_STRING)
            return false;
    }
    return true;
}

static bool open_reply(const redisReply *reply, struct transaction *transaction)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return false;
    *transaction = (struct transaction){reply->element[0], reply->element[1], reply->element[2]};
    return is_flat_list(transaction->time) && transaction->time->elements == 2 &&
           is_flat_list(transaction->leases) && is_flat_list(transaction->records);
}

static int type_index(struct roster *roster, const char *name, size_t length)
{
    for (size_t i = 0; i < roster->type_count; i++) {
        if (strlen(roster->types[i]) == length && memcmp(roster->types[i], name, length) == 0)
            return (int)i;
    }
    if (roster->type_count == CONNSTAT_MAX_TYPES)
        return -1;
    char *copy = strndup(name, length);
    if (!copy)
        return -1;
    roster->types[roster->type_count] = copy;
    return (int)roster->type_count++;
}

/* "type:ws_socket=3 ... total:channels=0 total:connections=3" */
static void read_counts(struct roster *roster, struct roster_node *node, const char *text)
{
    static const char type[] = "type:";
    while (*text) {
        size_t length = strcspn(text, " ");
        const char *equals = memchr(text, '=', length);
        if (!equals)
            return;
        uint64_t count = strtoull(equals + 1, NULL, 10);
        if (strncmp(text, type, strlen(type)) == 0) {
            const char *name = text + strlen(type);
            int index = type_index(roster, name, (size_t)(equals - name));
            if (index >= 0)
                node->by_type[index] = count;
        } else if (strncmp(text, "total:channels=", 15) == 0) {
            node->total_channels = count;
        } else if (strncmp(text, "total:connections=", 18) == 0) {
            node->total_connections = count;
        }
        text += length;
        text += *text == ' ';
    }
}

static void read_record(struct roster *roster, struct roster_node *node, const char *record,
                        double lease_end, int64_t now)
{
    const char *lines[RECORD_LINES] = {record};
    for (int i = 1; i < RECORD_LINES; i++) {
        const char *end = strchr(lines[i - 1], '\n');
        if (!end)
            return;
        lines[i] = end + 1;
    }
    snprintf(node->agent, sizeof(node->agent), "%.*s", (int)strcspn(lines[RECORD_WHO], "\n"),
             lines[RECORD_WHO]);
    node->seen_ms = now - ((int64_t)lease_end - strtoll(lines[RECORD_LEASE], NULL, 10));
    read_counts(roster, node, lines[RECORD_COUNTS]);
}

struct record { /* a record of the reply; they are sorted for look-up, as a cluster may be large */
    const char *name, *text;
};

static int by_record_name(const void *a, const void *b)
{
    return strcmp(((const struct record *)a)->name, ((const struct record *)b)->name);
}

static struct record *sort_records(const redisReply *reply)
{
    size_t count = reply->elements / 2;
    struct record *records = calloc(count + 1, sizeof(*records));
    for (size_t i = 0; records && i < count; i++)
        records[i] = (struct record){reply->element[2 * i]->str, reply->element[2 * i + 1]->str};
    if (records)
        qsort(records, count, sizeof(*records), by_record_name);
    return records;
}

static const char *find_record(const struct record *records, size_t count, const char *name)
{
    struct record wanted = {name, NULL};
    const struct record *found = bsearch(&wanted, records, count, sizeof(*records), by_record_name);
    return found ? found->text : NULL;
}

static void add_to_sum(struct roster *roster, const struct roster_node *node)
{
    for (size_t i = 0; i < roster->type_count; i++)
        roster->sum.by_type[i] += node->by_type[i];
    roster->sum.total_channels += node->total_channels;
    roster->sum.total_connections += node->total_connections;
    roster->live_count++;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct roster_node *)a)->name, ((const struct roster_node *)b)->name);
}

static void add_node(struct roster *roster, const redisReply *name, const redisReply *lease,
                     const char *record, int64_t now)
{
    struct roster_node *node = &roster->nodes[roster->node_count++];
    double lease_end = strtod(lease->str, NULL);
    snprintf(node->name, sizeof(node->name), "%s", name->str);
    node->by_type = roster->sum.by_type + roster->node_count * CONNSTAT_MAX_TYPES;
    node->live = record && lease_end > (double)now;
    node->seen_ms = now - (int64_t)(lease_end < 0 ? -lease_end : lease_end);
    if (node->live) {
        read_record(roster, node, record, lease_end, now);
        add_to_sum(roster, node);
    }
}

static bool fill(struct roster *roster, const struct transaction *transaction)
{
    int64_t now = strtoll(transaction->time->element[0]->str, NULL, 10) * 1000 +
                  strtoll(transaction->time->element[1]->str, NULL, 10) / 1000;
    const redisReply *leases = transaction->leases;
    size_t count = leases->elements / 2, record_count = transaction->records->elements / 2;
    struct record *records = sort_records(transaction->records);
    roster->nodes = calloc(count + 1, sizeof(*roster->nodes));
    roster->sum.by_type = calloc((count + 1) * CONNSTAT_MAX_TYPES, sizeof(uint64_t));
    bool memory = records && roster->nodes && roster->sum.by_type;
    for (size_t i = 0; memory && i < count; i++) {
        const redisReply *name = leases->element[2 * i];
        add_node(roster, name, leases->element[2 * i + 1],
                 find_record(records, record_count, name->str), now);
    }
    free(records);
    if (memory)
        qsort(roster->nodes, roster->node_count, sizeof(*roster->nodes), by_name);
    return memory;
}

bool roster_read(struct roster *roster, struct redis_client *client, const char *cluster,
                 struct redis_error *error)
{
    *roster = (struct roster){0};
    redisReply *reply = fetch(client, cluster, clock_ms() + PATIENCE_MS, error);
    if (!reply)
        return false;
    struct transaction transaction;
    bool read = open_reply(reply, &transaction);
    if (!read)
        redis_client_explain(client, reply, error);
    else if (!fill(roster, &transaction))
        read = redis_fail(error, "out of memory");
    if (!read)
        roster_free(roster);
    freeReplyObject(reply);
    return read;
}

void roster_free(struct roster *roster)
{
    for (size_t i = 0; i < roster->type_count; i++)
        free((char *)roster->types[i]);
    free(roster->sum.by_type);
    free(roster->nodes);
    *roster = (struct roster){0};
}
