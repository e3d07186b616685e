/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What is wrong with a segment, its tables and its cluster.
 */
#include "alerts/rules_workers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/failure.h"
#include "common/text.h"
#include "describe/death.h"
#include "format/names.h"

static int usual_reason(const struct watched_refusals *refused)
{
    int most = 0;
    for (int i = 1; i < CONNSTAT_REFUSAL_COUNT; i++) {
        if (refused->by_reason[i] > refused->by_reason[most])
            most = i;
    }
    return most;
}

static bool is_refusing(const struct alert_watch *watch, size_t type)
{
    int64_t last_ns = watch->refused[type].last_ns;
    return last_ns && alert_watch_seconds(watch, last_ns) < ALERT_REFUSING_S;
}

static void rule_of_refusing(struct alerts *alerts, const struct alert_watch *watch)
{
    static const char *const advice[CONNSTAT_REFUSAL_COUNT] = {
        [CONNSTAT_REFUSED_FULL] =
            "create the segment with a larger --max for it, or see whether there is memory",
        [CONNSTAT_REFUSED_SIZE] = "create the segment with more metadata_bytes, or register less",
        [CONNSTAT_REFUSED_INVALID] = "the server registers what connstat_register(3) does not take",
        [CONNSTAT_REFUSED_WORKERS] = "create the segment with more max_workers",
    };
    for (size_t i = 0; i < watch->type_count; i++) {
        const struct watched_refusals *refused = &watch->refused[i];
        char count[TEXT_NUMBER_BYTES], since[TEXT_NUMBER_BYTES];
        if (!is_refusing(watch, i))
            continue;
        int reason = usual_reason(refused);
        alert_add(
            alerts, ALERT_REFUSING, watch->types[i], advice[reason] ? advice[reason] : "",
            "refusing %s (%s): %s refused so far, the first seen %s ago", watch->types[i],
            name_of_refusal(reason), text_count(refused->count, count, sizeof(count)),
            text_duration(alert_watch_seconds(watch, refused->first_ns), since, sizeof(since)));
    }
}

static void rule_of_capacity(struct alerts *alerts, const struct alert_watch *watch, bool full)
{
    for (size_t i = 0; i < watch->type_count; i++) {
        char live[TEXT_NUMBER_BYTES], slots[TEXT_NUMBER_BYTES];
        int64_t capacity = watch->capacity[i];
        uint64_t count = watch->counts.by_type[i];
        if (capacity <= 0 || (double)count <= ALERT_FULL_SHARE * (double)capacity ||
            full != (count >= (uint64_t)capacity))
            continue;
        alert_add(alerts, full ? ALERT_FULL : ALERT_NEARLY_FULL, watch->types[i],
                  "it cannot grow further, and the next ones will be refused with -ENOSPC: make "
                  "the segment with a larger --max",
                  "%s: %s of %s slots are taken", watch->types[i],
                  text_count(count, live, sizeof(live)),
                  text_count((uint64_t)capacity, slots, sizeof(slots)));
    }
}

static const char *first_line_of(const char *lines, char *buf, size_t size)
{
    struct buffer safe = {0};
    char words[1024];
    snprintf(words, sizeof(words), "%s", lines);
    for (char *c = words; *c; c++)
        *c = *c == '\n' ? ' ' : *c;
    buffer_safe(&safe, words);
    snprintf(buf, size, "%s", safe.bytes ? safe.bytes : "");
    buffer_free(&safe);
    return buf;
}

static void rule_of_cluster(struct alerts *alerts, const struct alert_watch *watch)
{
    const struct connstat_cluster_info *info = &watch->cluster.info;
    const struct connstat_cluster_counts *all = &watch->cluster.all;
    char age[TEXT_NUMBER_BYTES], cluster[256];
    text_duration(all->age_ms / 1000, age, sizeof(age));
    first_line_of(info->cluster, cluster, sizeof(cluster));
    if (*info->cluster && !info->agent)
        alert_add(alerts, ALERT_CLUSTER_DOWN, "", "start \"connstat agent\" again",
                  "the agent of cluster %s has gone, its last news is %s old: this node alone is "
                  "counted",
                  cluster, age);
    else if (*info->cluster && !all->clustered && all->age_ms >= info->lease_ms)
        alert_add(alerts, ALERT_CLUSTER_DOWN, "",
                  "its log says why: Redis down, or cut off from it?",
                  "agent %d has had no news of cluster %s for %s: this node alone is counted",
                  (int)info->agent, cluster, age);
    else if (!*info->cluster && info->agent)
        alert_add(alerts, ALERT_CLUSTER_DOWN, "", "its log says why",
                  "agent %d is in no cluster: this node alone is counted", (int)info->agent);
}

static void rule_of_missing_nodes(struct alerts *alerts, const struct alert_watch *watch)
{
    char missing[256];
    const struct connstat_cluster_info *info = &watch->cluster.info;
    if (*info->missing)
        alert_add(alerts, ALERT_NODES_MISSING, "",
                  "their agents, their machines or the network between are down",
                  "nodes are missing: %s", first_line_of(info->missing, missing, sizeof(missing)));
}

static void rule_of_worker_places(struct alerts *alerts, const struct alert_watch *watch)
{
    uint32_t max = watch->info.max_workers;
    if (max > 0 && watch->worker_count >= max - max / 10)
        alert_add(alerts, ALERT_WORKERS_FULL, "",
                  "more will be refused with -EUSERS: make the segment with more max_workers",
                  "%zu of at most %u workers live", watch->worker_count, max);
}

static void rule_of_no_worker(struct alerts *alerts, const struct alert_watch *watch)
{
    if (watch->worker_count == 0)
        alert_add(alerts, ALERT_NO_WORKER, "", "",
                  "no worker: the server is down, or nobody has registered yet");
}

static void rule_of_replaced(struct alerts *alerts, const struct alert_watch *watch)
{
    if (watch->replaced_at_ns &&
        alert_watch_seconds(watch, watch->replaced_at_ns) < ALERT_REPLACED_S)
        alert_add(alerts, ALERT_REPLACED, "", "", "another segment took the name: counting anew");
}

static void rule_of_death(struct alerts *alerts, const struct alert_watch *watch)
{
    struct connstat_death death = watch->last_death;
    if (!death.number || alert_watch_seconds(watch, death.died_at_ns) >= ALERT_DEATH_S)
        return;
    struct buffer words = {0};
    death.label = watch->last_death_label;
    death_print(&words, &death);
    alert_add(alerts, ALERT_DEATH, "", "", "%s", words.bytes ? words.bytes : "a worker died");
    buffer_free(&words);
}

static void rule_of_reapers(struct alerts *alerts, const struct alert_watch *watch)
{
    if (watch->info.reapers == 0)
        alert_add(alerts, ALERT_NO_REAPER, "",
                  "call connstat_reaper_start in the server's master, or run \"connstat reaper\"",
                  "nobody watches for deaths: dead workers' slots stay taken until a table is "
                  "full");
}

static void rule_of_refused(struct alerts *alerts, const struct alert_watch *watch)
{
    char count[TEXT_NUMBER_BYTES], time[TEXT_NUMBER_BYTES];
    uint64_t refused = watch->refused_no_type;
    int64_t last_ns = 0;
    bool refusing = false;
    for (size_t i = 0; i < watch->type_count; i++) {
        refused += watch->refused[i].count;
        refusing |= is_refusing(watch, i);
        if (watch->refused[i].last_ns > last_ns)
            last_ns = watch->refused[i].last_ns;
    }
    if (refused == 0 || refusing)
        return;
    text_duration(alert_watch_seconds(watch, last_ns ? last_ns : watch->info.created_at_ns), time,
                  sizeof(time));
    alert_add(alerts, ALERT_REFUSED, "", "\"connstat totals\" tells of which type and why",
              "%s registration%s refused so far, %s %s ago",
              text_count(refused, count, sizeof(count)), refused == 1 ? " was" : "s were",
              last_ns ? "the last one" : "since the segment was made", time);
}

static void rule_of_sockets(struct alerts *alerts, const struct alert_watch *watch)
{
    static const char advice[] = "\"connstat audit --fix-hint\" tells which, and what to do";
    const struct watched_sockets *sockets = &watch->sockets;
    char count[TEXT_NUMBER_BYTES];
    for (size_t i = 0; sockets->known && i < watch->type_count; i++) {
        uint64_t leaked = sockets->leaked[i];
        if (leaked > 0)
            alert_add(
                alerts, ALERT_LEAKED, watch->types[i], advice,
                "%s entr%s of %s name%s a socket that is gone: the server closed it and forgot "
                "to unregister",
                text_count(leaked, count, sizeof(count)), leaked == 1 ? "y" : "ies",
                watch->types[i], leaked == 1 ? "s" : "");
    }
    if (sockets->known && sockets->unregistered > 0)
        alert_add(alerts, ALERT_UNREGISTERED, "", advice,
                  "no entry names %s of the server's connections: accepted and never registered",
                  text_count(sockets->unregistered, count, sizeof(count)));
}

void alerts_make(struct alerts *alerts, const struct alert_watch *watch)
{
    struct alerts *next = calloc(1, sizeof(*next));
    if (!next)
        return; /* what was known before is still the best that is known */
    rule_of_refusing(next, watch);
    rule_of_capacity(next, watch, true);
    rules_of_stopped_workers(next, watch);
    rules_of_stuck_workers(next, watch);
    rule_of_cluster(next, watch);
    rule_of_missing_nodes(next, watch);
    rule_of_worker_places(next, watch);
    rule_of_replaced(next, watch);
    rule_of_death(next, watch);
    rules_of_quiet_workers(next, watch);
    rule_of_sockets(next, watch);
    rule_of_capacity(next, watch, false);
    rule_of_no_worker(next, watch);
    rule_of_reapers(next, watch);
    rules_of_foreign_workers(next, watch);
    rule_of_refused(next, watch);
    alerts_take_over(alerts, next, watch->now_ns);
    free(next);
}

void alerts_make_absent(struct alerts *alerts, const char *segment, int error, int64_t now_ns)
{
    char advice[1024];
    struct alerts *next = calloc(1, sizeof(*next));
    if (!next)
        return;
    char *what_to_do = strstr(segment_advice(segment, error, advice, sizeof(advice)), ": ");
    if (what_to_do)
        *what_to_do = '\0';
    enum alert_kind kind = error == -EPROTO ? ALERT_OLD_LAYOUT : ALERT_NO_SEGMENT;
    bool known = alerts->count == 1 && alerts->rows[0].kind == kind;
    double seconds = known ? (double)(now_ns - alerts->rows[0].since_ns) / 1e9 : 0;
    char lasts[TEXT_NUMBER_BYTES];
    alert_add(next, kind, "", what_to_do ? what_to_do + 2 : "", "%s%s%s", advice,
              seconds >= 1 ? " for " : "",
              seconds >= 1 ? text_duration(seconds, lasts, sizeof(lasts)) : "");
    alerts_take_over(alerts, next, now_ns);
    free(next);
}
