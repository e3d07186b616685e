/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/subject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/workers.h"

static struct sample *sample_new(const struct subject *subject, size_t type_count)
{
    struct sample *sample = calloc(1, sizeof(*sample) + type_count * sizeof(sample->types[0]));
    if (!sample)
        return NULL;
    sample->number = subject->number + 1;
    sample->at_ms = clock_now_ns() / 1000000;
    sample->type_count = type_count;
    return sample;
}

static uint64_t sum_refused(const struct connstat_totals *totals, size_t type)
{
    uint64_t sum = 0;
    for (int reason = 0; reason < CONNSTAT_REFUSAL_COUNT; reason++)
        sum += totals->refused[type][reason];
    return sum;
}

/* False: the segment was replaced meanwhile by one with fewer types. */
static bool fill_types(struct sample *sample, connstat_t *cs, const struct connstat_counts *counts,
                       const struct connstat_totals *totals)
{
    for (size_t i = 0; i < sample->type_count; i++) {
        sample->types[i] = (struct sample_type){
            .name = connstat_type_name(cs, (int)i),
            .kind = connstat_type_kind(cs, (int)i),
            .slots = connstat_type_capacity(cs, (int)i),
            .slots_max = connstat_type_maximum(cs, (int)i),
            .live = counts->by_type[i],
            .opened = totals->opened[i],
            .closed = totals->closed[i],
            .lost = totals->lost[i],
            .refused = sum_refused(totals, i),
        };
        if (!sample->types[i].name)
            return false;
    }
    return true;
}

static struct sample *sample_segment(struct subject *subject, connstat_t *cs)
{
    struct connstat_info info;
    struct connstat_counts counts;
    struct connstat_totals totals;
    connstat_reap(cs);
    if (connstat_info(cs, &info) != 0 || connstat_totals(cs, &totals) != 0 ||
        connstat_counts(cs, &counts) != 0)
        return NULL;

    size_t type_count =
        counts.type_count < totals.type_count ? counts.type_count : totals.type_count;
    struct sample *sample = sample_new(subject, type_count);
    if (!sample)
        return NULL;
    sample->created_at_ns = info.created_at_ns;
    sample->total_channels = counts.total_channels;
    sample->total_connections = counts.total_connections;
    sample->deaths = totals.deaths;
    sample->joins = totals.joins;
    int workers = workers_count(cs);
    sample->workers = workers < 0 ? 0 : (uint64_t)workers;
    if (!fill_types(sample, cs, &counts, &totals)) {
        free(sample);
        return NULL;
    }
    death_tally_update(&subject->deaths, cs, info.created_at_ns);
    return sample;
}

static void look(struct subject *subject, connstat_t *cs)
{
    pthread_mutex_lock(&subject->lock);
    int error = cs ? alert_watch_look(&subject->watch, cs) : atomic_load(&subject->source.error);
    subject->watch.sockets = subject->auditor.found;
    if (error == 0 && cs)
        alerts_make(&subject->alerts, &subject->watch);
    else if (!cs)
        alerts_make_absent(&subject->alerts, subject->name, error ? error : -ENOENT,
                           clock_now_ns());
    pthread_mutex_unlock(&subject->lock);
}

void subject_sample(struct subject *subject)
{
    source_poll(&subject->source);
    connstat_t *cs = source_handle(&subject->source);
    if (cs)
        subject->gone_since_ns = 0;
    else if (!subject->gone_since_ns)
        subject->gone_since_ns = clock_monotonic_ns();
    struct sample *sample = cs ? sample_segment(subject, cs) : sample_new(subject, 0);
    auditor_tick(&subject->auditor, cs);
    look(subject, cs);
    if (!sample || history_append(&subject->history, sample) != 0)
        return; /* no memory: the history lacks this second */
    subject->number++;
}

struct subject *subject_new(const char *name, double audit_seconds)
{
    struct subject *subject = calloc(1, sizeof(*subject));
    if (!subject || strlen(name) >= sizeof(subject->name)) {
        free(subject);
        return NULL;
    }
    strcpy(subject->name, name);
    subject->auditor.period_seconds = audit_seconds;
    pthread_mutex_init(&subject->lock, NULL);
    death_tally_init(&subject->deaths);
    source_init(&subject->source, subject->name);
    if (history_init(&subject->history) == 0) {
        subject_sample(subject);
        if (subject->number > 0)
            return subject;
        history_free(&subject->history);
    }
    source_close(&subject->source);
    free(subject);
    return NULL;
}

void subject_free(struct subject *subject)
{
    source_close(&subject->source);
    history_free(&subject->history);
    alert_watch_free(&subject->watch);
    auditor_free(&subject->auditor);
    pthread_mutex_destroy(&subject->lock);
    free(subject);
}
