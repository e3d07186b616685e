/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * /metrics in Prometheus' text format or as OpenMetrics, whichever is asked for. Read from the
 * segments when asked, not from the samples: a scrape tells what is true now. Only what needs an
 * observer's memory (alerts, states of workers) is of the last sample.
 */
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/workers.h"
#include "serve/api/documents.h"
#include "serve/api/scrape.h"
#include "serve/http/response.h"

#define OPENMETRICS "application/openmetrics-text"

/* Read the segment. False: it went away since the request came. */
static bool read_segment(struct reading *now, struct subject *subject)
{
    connstat_t *cs = now->cs;
    if (connstat_info(cs, &now->info) != 0 || connstat_totals(cs, &now->totals) != 0 ||
        cluster_view_read(&now->cluster, cs) != 0)
        return false;
    death_tally_update(&subject->deaths, cs, now->info.created_at_ns);
    now->deaths = death_tally_counts(&subject->deaths);
    connstat_counts(cs, &now->counts);
    for (size_t i = 0; i < CONNSTAT_MAX_TYPES; i++) {
        now->names[i] = connstat_type_name(cs, (int)i);
        if (!now->names[i] && (i < now->counts.type_count || i < now->totals.type_count ||
                               i < now->cluster.all.counts.type_count))
            return false;
    }
    return true;
}

static void read_watch(struct reading *now, struct subject *subject)
{
    pthread_mutex_lock(&subject->lock);
    const struct alert_watch *watch = &subject->watch;
    int64_t now_ns = clock_now_ns();
    for (size_t i = 0; i < watch->worker_count; i++) {
        double idle_s = (double)(now_ns - watch->workers[i].registered_at_ns) / 1e9;
        now->states[watch->workers[i].state]++;
        if (idle_s > now->idle_max_s)
            now->idle_max_s = idle_s;
    }
    now->sockets = watch->sockets;
    for (size_t i = 0; i < subject->alerts.count; i++)
        now->alerts[subject->alerts.rows[i].kind]++;
    pthread_mutex_unlock(&subject->lock);
}

static void read_subject(struct reading *now, struct subject *subject)
{
    *now = (struct reading){.segment = subject->name, .cs = source_handle(&subject->source)};
    int workers = now->cs ? workers_count(now->cs) : -1;
    if (now->cs && (workers < 0 || !read_segment(now, subject)))
        now->cs = NULL;
    now->workers = workers < 0 ? 0 : (uint64_t)workers;
    read_watch(now, subject);
}

/* Write the heading of a metric. OpenMetrics names a counter without the ending "_total" of its
 * series. */
static void write_heading(FILE *out, const char *name, const char *type, const char *help,
                          bool openmetrics)
{
    static const char ending[] = "_total";
    size_t length = strlen(name);
    if (openmetrics && strcmp(type, "counter") == 0)
        length -= sizeof(ending) - 1;
    fprintf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)length, name, help, (int)length, name,
            type);
}

static void write_metrics(FILE *out, const struct reading *readings, size_t count, bool openmetrics)
{
    for (const struct metric *metric = metric_table; metric->name; metric++) {
        struct scrape scrape = {.out = out, .name = metric->name};
        bool headed = false;
        for (size_t i = 0; i < count; i++) {
            scrape.now = &readings[i];
            if (!scrape.now->cs && !metric->without_segment)
                continue;
            if (!headed)
                write_heading(out, metric->name, metric->type, metric->help, openmetrics);
            headed = true;
            metric->write(&scrape);
        }
    }
}

static void write_own(FILE *out, size_t segments, int64_t started_ns, bool openmetrics)
{
    write_heading(out, "connstat_build_info", "gauge",
                  "The version of connstat, as a label of the constant 1.", openmetrics);
    fprintf(out, "connstat_build_info{version=\"%s\"} 1\n", connstat_version());
    write_heading(out, "connstat_segments", "gauge", "Segments that are served.", openmetrics);
    fprintf(out, "connstat_segments %zu\n", segments);
    write_heading(out, "connstat_scrape_duration_seconds", "gauge",
                  "Time that this answer took to make.", openmetrics);
    fprintf(out, "connstat_scrape_duration_seconds %.9f\n",
            (double)(clock_monotonic_ns() - started_ns) / 1e9);
    if (openmetrics)
        fputs("# EOF\n", out);
}

static bool wants_openmetrics(const struct request *request)
{
    const char *accept = request_header(request, "Accept");
    double quality = response_quality(accept, OPENMETRICS);
    return quality > 0 && quality >= response_quality(accept, "text/plain");
}

unsigned metrics(struct request *request)
{
    int64_t started_ns = clock_monotonic_ns();
    struct subjects *subjects = &request->service->subjects;
    struct subject *taken[SUBJECTS_MAX];
    size_t count = subjects_take_asked(subjects, request->subject, taken);
    struct reading *readings = calloc(count ? count : 1, sizeof(*readings));
    for (size_t i = 0; readings && i < count; i++)
        read_subject(&readings[i], taken[i]);
    bool openmetrics = wants_openmetrics(request);
    if (openmetrics)
        request->content_type = OPENMETRICS "; version=1.0.0; charset=utf-8";
    if (readings) {
        write_metrics(request->out, readings, count, openmetrics);
        write_own(request->out, count, started_ns, openmetrics);
    }
    subjects_drop_all(subjects, taken, count);
    if (!readings)
        return request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    free(readings);
    return MHD_HTTP_OK;
}
