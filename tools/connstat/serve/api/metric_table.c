/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The table of metrics, and how each is written. No label carries a user, a pid or a key, so the
 * number of series does not depend on traffic.
 */
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "format/names.h"
#include "serve/api/scrape.h"

/* Write a value with the segment's label and with more labels, or none. These are of our own
 * tables, or consist of characters that need no escape. */
static void write_labelled(struct scrape *scrape, uint64_t value, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void write_labelled(struct scrape *scrape, uint64_t value, const char *format, ...)
{
    va_list arguments;
    fprintf(scrape->out, "%s{segment=\"%s\"", scrape->name, scrape->now->segment);
    va_start(arguments, format);
    vfprintf(scrape->out, format, arguments);
    va_end(arguments);
    fprintf(scrape->out, "} %llu\n", (unsigned long long)value);
}

static void write_plain(struct scrape *scrape, uint64_t value)
{
    write_labelled(scrape, value, "%s", "");
}

static void write_seconds(struct scrape *scrape, double seconds)
{
    fprintf(scrape->out, "%s{segment=\"%s\"} %.3f\n", scrape->name, scrape->now->segment, seconds);
}

static void write_typed(struct scrape *scrape, size_t type, const char *reason, uint64_t value)
{
    if (reason)
        write_labelled(scrape, value, ",type=\"%s\",reason=\"%s\"", scrape->now->names[type],
                       reason);
    else
        write_labelled(scrape, value, ",type=\"%s\"", scrape->now->names[type]);
}

static void write_up(struct scrape *scrape)
{
    write_plain(scrape, scrape->now->cs != NULL);
}

static void write_connections(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->counts.type_count; i++)
        write_typed(scrape, i, NULL, scrape->now->counts.by_type[i]);
}

static void write_type_info(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->counts.type_count; i++) {
        write_labelled(scrape, 1, ",type=\"%s\",kind=\"%s\"", scrape->now->names[i],
                       name_of_kind(connstat_type_kind(scrape->now->cs, (int)i)));
    }
}

static void write_registered(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->totals.type_count; i++)
        write_typed(scrape, i, NULL, scrape->now->totals.opened[i]);
}

static void write_unregistered(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->totals.type_count; i++) {
        write_typed(scrape, i, "closed", scrape->now->totals.closed[i]);
        write_typed(scrape, i, "worker_died", scrape->now->totals.lost[i]);
    }
}

static void write_rejected(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->totals.type_count; i++) {
        for (int reason = 0; reason < CONNSTAT_REFUSAL_COUNT; reason++)
            write_typed(scrape, i, name_of_refusal(reason), scrape->now->totals.refused[i][reason]);
    }
    write_labelled(scrape, scrape->now->totals.refused_no_type,
                   ",type=\"none\",reason=\"no_type\"");
}

static void write_slots(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->counts.type_count; i++) {
        int64_t capacity = connstat_type_capacity(scrape->now->cs, (int)i);
        write_typed(scrape, i, NULL, capacity < 0 ? 0 : (uint64_t)capacity);
    }
}

static void write_slots_max(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->counts.type_count; i++) {
        int64_t maximum = connstat_type_maximum(scrape->now->cs, (int)i);
        write_typed(scrape, i, NULL, maximum < 0 ? 0 : (uint64_t)maximum);
    }
}

static void write_growths(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->counts.type_count; i++) {
        int64_t growths = connstat_type_growths(scrape->now->cs, (int)i);
        write_typed(scrape, i, NULL, growths < 0 ? 0 : (uint64_t)growths);
    }
}

static void write_slots_used(struct scrape *scrape)
{
    write_plain(scrape, scrape->now->info.slots_used);
}

static void write_workers(struct scrape *scrape)
{
    write_plain(scrape, scrape->now->workers);
}

static void write_workers_max(struct scrape *scrape)
{
    write_plain(scrape, scrape->now->info.max_workers);
}

static void write_joins(struct scrape *scrape)
{
    write_plain(scrape, scrape->now->totals.joins);
}

static void write_death(struct scrape *scrape, const char *cause, const char *signal,
                        uint64_t value)
{
    write_labelled(scrape, value, ",cause=\"%s\",signal=\"%s\"", cause, signal);
}

static void write_deaths(struct scrape *scrape)
{
    /* Prometheus cannot see the rise of a series that appears with its first death. So the usual
     * ones are there from the start. */
    static const bool usual[DEATH_SIGNALS] = {
        [SIGABRT] = true, [SIGKILL] = true, [SIGSEGV] = true, [SIGTERM] = true};
    const struct death_counts *deaths = &scrape->now->deaths;
    for (int signal = 1; signal < DEATH_SIGNALS; signal++) {
        char name[32];
        if (usual[signal] || deaths->by_signal[signal])
            write_death(scrape, "signalled", name_of_signal(signal, name, sizeof(name)),
                        deaths->by_signal[signal]);
    }
    write_death(scrape, "exited", "", deaths->exited);
    write_death(scrape, "execed", "", deaths->execed);
    write_death(scrape, "died", "", deaths->died);
}

static void write_reapers(struct scrape *scrape)
{
    write_plain(scrape, scrape->now->info.reapers);
}

static void write_segment_bytes(struct scrape *scrape)
{
    write_plain(scrape, scrape->now->info.size_bytes);
}

static void write_created(struct scrape *scrape)
{
    write_seconds(scrape, (double)scrape->now->info.created_at_ns / 1e9);
}

static void write_nodes(struct scrape *scrape)
{
    write_plain(scrape, scrape->now->cluster.all.nodes);
}

static void write_cluster_connections(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->now->cluster.all.counts.type_count; i++)
        write_typed(scrape, i, NULL, scrape->now->cluster.all.counts.by_type[i]);
}

/* Whether there is a cluster: an agent has run, or runs. */
static bool has_cluster(const struct reading *now)
{
    return now->cluster.info.agent || *now->cluster.info.cluster;
}

static void write_cluster_connected(struct scrape *scrape)
{
    const struct cluster_view *cluster = &scrape->now->cluster;
    bool fresh = cluster->info.agent && *cluster->info.cluster &&
                 cluster->all.age_ms < cluster->info.lease_ms;
    if (has_cluster(scrape->now))
        write_plain(scrape, fresh);
}

static void write_cluster_age(struct scrape *scrape)
{
    if (has_cluster(scrape->now))
        write_seconds(scrape, scrape->now->cluster.all.age_ms / 1000.0);
}

static void write_cluster_missing(struct scrape *scrape)
{
    uint64_t missing = 0;
    const char *names = scrape->now->cluster.info.missing;
    for (const char *name = names; *name; name += strcspn(name, "\n"), name += *name == '\n')
        missing++;
    if (has_cluster(scrape->now))
        write_plain(scrape, missing);
}

static void write_states(struct scrape *scrape)
{
    for (int state = 0; state < PROCESS_STATES; state++) {
        const char *name = name_of_state((enum process_state)state);
        write_labelled(scrape, scrape->now->states[state], ",state=\"%s\"",
                       name ? name : "unknown");
    }
}

static void write_idle(struct scrape *scrape)
{
    if (scrape->now->workers > 0)
        write_seconds(scrape, scrape->now->idle_max_s);
}

static void write_alerts(struct scrape *scrape)
{
    for (int kind = 0; kind < ALERT_KINDS; kind++)
        write_labelled(scrape, scrape->now->alerts[kind], ",alert=\"%s\"",
                       name_of_alert((enum alert_kind)kind));
}

static void write_leaked(struct scrape *scrape)
{
    const struct reading *now = scrape->now;
    for (size_t i = 0; now->sockets.known && i < now->counts.type_count; i++)
        write_labelled(scrape, now->sockets.leaked[i], ",type=\"%s\"", now->names[i]);
}

static void write_unregistered_sockets(struct scrape *scrape)
{
    if (scrape->now->sockets.known)
        write_plain(scrape, scrape->now->sockets.unregistered);
}

const struct metric metric_table[] = {
    {"connstat_up", "gauge", "Whether there is a segment to read (1) or not (0).", write_up, true},
    {"connstat_alerts", "gauge",
     "What connstat sees to be wrong, by name, as in /api/v1/alerts: how often.", write_alerts,
     true},
    {"connstat_connections", "gauge", "Live entries.", write_connections, false},
    {"connstat_type_info", "gauge",
     "The kind of each type, channel or connection, as a label of the constant 1.", write_type_info,
     false},
    {"connstat_registered_total", "counter", "Entries ever registered.", write_registered, false},
    {"connstat_unregistered_total", "counter",
     "Entries gone: closed in order, or lost with a worker that died.", write_unregistered, false},
    {"connstat_rejected_total", "counter", "Registrations refused.", write_rejected, false},
    {"connstat_leaked_entries", "gauge",
     "Entries whose socket is gone, by the last audit (connstat serve --audit).", write_leaked,
     false},
    {"connstat_unregistered_sockets", "gauge",
     "Connections of the server that no entry names, by the last audit.",
     write_unregistered_sockets, false},
    {"connstat_slots", "gauge", "Places for entries.", write_slots, false},
    {"connstat_slots_max", "gauge", "Places that there may be: tables grow so far.",
     write_slots_max, false},
    {"connstat_growths_total", "counter", "How often a table has grown.", write_growths, false},
    {"connstat_slots_used", "gauge",
     "Places taken over all types, those of dead workers not yet swept included.", write_slots_used,
     false},
    {"connstat_workers", "gauge", "Living workers.", write_workers, false},
    {"connstat_workers_max", "gauge", "Places for workers.", write_workers_max, false},
    {"connstat_worker_states", "gauge", "Living workers by the state that /proc tells.",
     write_states, false},
    {"connstat_worker_idle_max_seconds", "gauge",
     "Longest time since a living worker registered something.", write_idle, false},
    {"connstat_worker_joins_total", "counter", "Workers that joined.", write_joins, false},
    {"connstat_worker_deaths_total", "counter",
     "Workers that died, by cause and by the signal that killed them.", write_deaths, false},
    {"connstat_reapers", "gauge", "Processes that watch for dead workers.", write_reapers, false},
    {"connstat_segment_bytes", "gauge", "Memory that the segment takes.", write_segment_bytes,
     false},
    {"connstat_segment_created_timestamp_seconds", "gauge",
     "When the segment was made, in seconds since the epoch.", write_created, false},
    {"connstat_cluster_connected", "gauge",
     "Whether the counts of the cluster are fresh (1), or its agent has no news (0).",
     write_cluster_connected, false},
    {"connstat_cluster_age_seconds", "gauge", "Age of the last news of the cluster.",
     write_cluster_age, false},
    {"connstat_cluster_missing_nodes", "gauge", "Nodes of the cluster that are not heard of.",
     write_cluster_missing, false},
    {"connstat_cluster_nodes", "gauge", "Live nodes of the cluster, this one included.",
     write_nodes, false},
    {"connstat_cluster_connections", "gauge", "Live entries over all nodes of the cluster.",
     write_cluster_connections, false},
    {0},
};
