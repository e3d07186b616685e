/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/sampler.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "common/workers.h"

static struct sample *sample_new(struct sampler *sampler, size_t type_count)
{
    struct sample *sample = calloc(1, sizeof(*sample) + type_count * sizeof(sample->types[0]));
    if (!sample)
        return NULL;
    sample->number = sampler->number + 1;
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

/* False: the segment was replaced meanwhile by one of fewer types. */
static bool fill_types(struct sample *sample, connstat_t *cs, const struct connstat_counts *counts,
                       const struct connstat_totals *totals)
{
    for (size_t i = 0; i < sample->type_count; i++) {
        sample->types[i] = (struct sample_type){
            .name = connstat_type_name(cs, (int)i),
            .kind = connstat_type_kind(cs, (int)i),
            .slots = connstat_type_capacity(cs, (int)i),
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

static struct sample *sample_segment(struct sampler *sampler, connstat_t *cs)
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
    struct sample *sample = sample_new(sampler, type_count);
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
    death_tally_update(&sampler->deaths, cs, info.created_at_ns);
    return sample;
}

static void take_sample(struct sampler *sampler)
{
    source_poll(&sampler->source);
    connstat_t *cs = source_handle(&sampler->source);
    struct sample *sample = cs ? sample_segment(sampler, cs) : sample_new(sampler, 0);
    if (!sample || history_append(&sampler->history, sample) != 0)
        return; /* out of memory: a gap of a second */
    sampler->number++;
}

static void *run(void *arg)
{
    struct sampler *sampler = arg;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);

    pthread_mutex_lock(&sampler->lock);
    while (!sampler->stopping) {
        next.tv_sec++;
        while (!sampler->stopping &&
               pthread_cond_timedwait(&sampler->wake, &sampler->lock, &next) != ETIMEDOUT)
            continue;
        if (sampler->stopping)
            break;
        pthread_mutex_unlock(&sampler->lock);
        take_sample(sampler);
        sampler->after(sampler->after_arg);
        pthread_mutex_lock(&sampler->lock);
    }
    pthread_mutex_unlock(&sampler->lock);
    return NULL;
}

int sampler_start(struct sampler *sampler, const char *segment, void (*after)(void *arg),
                  void *after_arg)
{
    *sampler = (struct sampler){.after = after, .after_arg = after_arg};
    source_init(&sampler->source, segment);
    death_tally_init(&sampler->deaths);
    if (history_init(&sampler->history) != 0)
        return -ENOMEM;
    take_sample(sampler);
    if (sampler->number == 0)
        return -ENOMEM;

    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sampler->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&sampler->lock, NULL);
    return -pthread_create(&sampler->thread, NULL, run, sampler);
}

void sampler_stop(struct sampler *sampler)
{
    pthread_mutex_lock(&sampler->lock);
    sampler->stopping = true;
    pthread_cond_signal(&sampler->wake);
    pthread_mutex_unlock(&sampler->lock);
    pthread_join(sampler->thread, NULL);
    pthread_cond_destroy(&sampler->wake);
    pthread_mutex_destroy(&sampler->lock);
}

void sampler_free(struct sampler *sampler)
{
    source_close(&sampler->source);
    history_free(&sampler->history);
}
