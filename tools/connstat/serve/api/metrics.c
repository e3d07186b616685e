/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * /metrics in Prometheus' text format. Read from the segment when asked, not from the samples:
 * a scrape tells what is true now. No label carries a user, a pid or a key, so the number of
 * series does not depend on traffic.
 */
#include <signal.h>

#include "common/clock.h"
#include "common/workers.h"
#include "format/names.h"
#include "serve/api/documents.h"

struct scrape {
    FILE *out;
    const char *name;   /* of the metric being written */
    int64_t started_ns; /* CLOCK_MONOTONIC */
    connstat_t *cs;     /* NULL: no segment */
    struct death_counts deaths;
    struct connstat_counts counts;
    struct connstat_totals totals;
    struct connstat_info info;
    struct connstat_cluster_counts cluster;
    uint64_t workers;
    const char *names[CONNSTAT_MAX_TYPES];
};

static void write_plain(struct scrape *scrape, uint64_t value)
{
    fprintf(scrape->out, "%s %llu\n", scrape->name, (unsigned long long)value);
}

static void write_typed(struct scrape *scrape, size_t type, const char *reason, uint64_t value)
{
    fprintf(scrape->out, "%s{type=\"%s\"", scrape->name, scrape->names[type]);
    if (reason)
        fprintf(scrape->out, ",reason=\"%s\"", reason);
    fprintf(scrape->out, "} %llu\n", (unsigned long long)value);
}

static void write_up(struct scrape *scrape)
{
    write_plain(scrape, scrape->cs != NULL);
}

static void write_build(struct scrape *scrape)
{
    fprintf(scrape->out, "%s{version=\"%s\"} 1\n", scrape->name, connstat_version());
}

static void write_connections(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->counts.type_count; i++)
        write_typed(scrape, i, NULL, scrape->counts.by_type[i]);
}

static void write_type_info(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->counts.type_count; i++) {
        fprintf(scrape->out, "%s{type=\"%s\",kind=\"%s\"} 1\n", scrape->name, scrape->names[i],
                name_of_kind(connstat_type_kind(scrape->cs, (int)i)));
    }
}

static void write_registered(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->totals.type_count; i++)
        write_typed(scrape, i, NULL, scrape->totals.opened[i]);
}

static void write_unregistered(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->totals.type_count; i++) {
        write_typed(scrape, i, "closed", scrape->totals.closed[i]);
        write_typed(scrape, i, "worker_died", scrape->totals.lost[i]);
    }
}

static void write_rejected(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->totals.type_count; i++) {
        for (int reason = 0; reason < CONNSTAT_REFUSAL_COUNT; reason++)
            write_typed(scrape, i, name_of_refusal(reason), scrape->totals.refused[i][reason]);
    }
    fprintf(scrape->out, "%s{type=\"none\",reason=\"no_type\"} %llu\n", scrape->name,
            (unsigned long long)scrape->totals.refused_no_type);
}

static void write_slots(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->counts.type_count; i++) {
        int64_t capacity = connstat_type_capacity(scrape->cs, (int)i);
        write_typed(scrape, i, NULL, capacity < 0 ? 0 : (uint64_t)capacity);
    }
}

static void write_slots_used(struct scrape *scrape)
{
    write_plain(scrape, scrape->info.slots_used);
}

static void write_workers(struct scrape *scrape)
{
    write_plain(scrape, scrape->workers);
}

static void write_workers_max(struct scrape *scrape)
{
    write_plain(scrape, scrape->info.max_workers);
}

static void write_joins(struct scrape *scrape)
{
    write_plain(scrape, scrape->totals.joins);
}

static void write_death(struct scrape *scrape, const char *cause, const char *signal,
                        uint64_t value)
{
    fprintf(scrape->out, "%s{cause=\"%s\",signal=\"%s\"} %llu\n", scrape->name, cause, signal,
            (unsigned long long)value);
}

static void write_deaths(struct scrape *scrape)
{
    /* A series that appears with its first death cannot be seen to rise: the usual ones are
     * there from the start. */
    static const bool usual[DEATH_SIGNALS] = {
        [SIGABRT] = true, [SIGKILL] = true, [SIGSEGV] = true, [SIGTERM] = true};
    const struct death_counts *deaths = &scrape->deaths;
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
    write_plain(scrape, scrape->info.reapers);
}

static void write_segment_bytes(struct scrape *scrape)
{
    write_plain(scrape, scrape->info.size_bytes);
}

static void write_created(struct scrape *scrape)
{
    fprintf(scrape->out, "%s %.3f\n", scrape->name, (double)scrape->info.created_at_ns / 1e9);
}

static void write_nodes(struct scrape *scrape)
{
    write_plain(scrape, scrape->cluster.nodes);
}

static void write_cluster_connections(struct scrape *scrape)
{
    for (size_t i = 0; i < scrape->cluster.counts.type_count; i++)
        write_typed(scrape, i, NULL, scrape->cluster.counts.by_type[i]);
}

static void write_duration(struct scrape *scrape)
{
    fprintf(scrape->out, "%s %.9f\n", scrape->name,
            (double)(clock_monotonic_ns() - scrape->started_ns) / 1e9);
}

static const struct metric {
    const char *name, *type, *help;
    void (*write)(struct scrape *scrape);
    bool without_segment; /* has a value even then */
} table[] = {
    {"connstat_up", "gauge", "Whether there is a segment to read (1) or not (0).", write_up, true},
    {"connstat_build_info", "gauge", "The version of connstat, as a label of the constant 1.",
     write_build, true},
    {"connstat_connections", "gauge", "Live entries.", write_connections, false},
    {"connstat_type_info", "gauge",
     "The kind of each type, channel or connection, as a label of the constant 1.", write_type_info,
     false},
    {"connstat_registered_total", "counter", "Entries ever registered.", write_registered, false},
    {"connstat_unregistered_total", "counter",
     "Entries gone: closed in order, or lost with a worker that died.", write_unregistered, false},
    {"connstat_rejected_total", "counter", "Registrations refused.", write_rejected, false},
    {"connstat_slots", "gauge", "Places for entries.", write_slots, false},
    {"connstat_slots_used", "gauge",
     "Places taken over all types, those of dead workers not yet swept included.", write_slots_used,
     false},
    {"connstat_workers", "gauge", "Living workers.", write_workers, false},
    {"connstat_workers_max", "gauge", "Places for workers.", write_workers_max, false},
    {"connstat_worker_joins_total", "counter", "Workers that joined.", write_joins, false},
    {"connstat_worker_deaths_total", "counter",
     "Workers that died, by cause and by the signal that killed them.", write_deaths, false},
    {"connstat_reapers", "gauge", "Processes that watch for dead workers.", write_reapers, false},
    {"connstat_segment_bytes", "gauge", "Memory that the segment takes.", write_segment_bytes,
     false},
    {"connstat_segment_created_timestamp_seconds", "gauge",
     "When the segment was made, in seconds since the epoch.", write_created, false},
    {"connstat_cluster_nodes", "gauge", "Live nodes of the cluster, this one included.",
     write_nodes, false},
    {"connstat_cluster_connections", "gauge", "Live entries over all nodes of the cluster.",
     write_cluster_connections, false},
    {"connstat_scrape_duration_seconds", "gauge", "Time that this answer took to make.",
     write_duration, true},
};

/* False: the segment went away between the request and now. */
static bool read_segment(struct scrape *scrape, struct death_tally *deaths)
{
    connstat_t *cs = scrape->cs;
    if (connstat_info(cs, &scrape->info) != 0)
        return false;
    death_tally_update(deaths, cs, scrape->info.created_at_ns);
    scrape->deaths = death_tally_counts(deaths);
    connstat_counts(cs, &scrape->counts);
    connstat_totals(cs, &scrape->totals);
    connstat_cluster_counts(cs, &scrape->cluster);
    for (size_t i = 0; i < CONNSTAT_MAX_TYPES; i++) {
        scrape->names[i] = connstat_type_name(cs, (int)i);
        if (!scrape->names[i] && (i < scrape->counts.type_count || i < scrape->totals.type_count ||
                                  i < scrape->cluster.counts.type_count))
            return false;
    }
    int workers = workers_count(cs);
    scrape->workers = workers < 0 ? 0 : (uint64_t)workers;
    return workers >= 0;
}

unsigned metrics(struct request *request)
{
    struct scrape scrape = {
        .out = request->out, .started_ns = clock_monotonic_ns(), .cs = request->cs};
    if (scrape.cs && !read_segment(&scrape, &request->service->sampler.deaths))
        scrape.cs = NULL;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (!scrape.cs && !table[i].without_segment)
            continue;
        scrape.name = table[i].name;
        fprintf(scrape.out, "# HELP %s %s\n# TYPE %s %s\n", scrape.name, table[i].help, scrape.name,
                table[i].type);
        table[i].write(&scrape);
    }
    return MHD_HTTP_OK;
}
