/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "top/model/usage.h"

static struct top_worker_sample *add_worker(struct top_sample *sample)
{
    if (sample->worker_count == sample->worker_room) {
        size_t room = sample->worker_room ? 2 * sample->worker_room : 16;
        struct top_worker_sample *workers = reallocarray(sample->workers, room, sizeof(*workers));
        if (!workers)
            return NULL;
        sample->workers = workers;
        sample->worker_room = room;
    }
    return &sample->workers[sample->worker_count++];
}

static int take_worker(const struct connstat_worker *worker, void *arg)
{
    struct top_worker_sample *copy = add_worker(arg);
    if (!copy)
        return 1;
    *copy = (struct top_worker_sample){
        .pid = worker->pid,
        .tid = worker->tid,
        .foreign = worker->foreign,
        .joined_at_ns = worker->joined_at_ns,
        .opened = worker->opened,
        .closed = worker->closed,
        .live_total = worker->live_total,
    };
    snprintf(copy->label, sizeof(copy->label), "%s", worker->label);
    memcpy(copy->live, worker->live, sizeof(copy->live));
    if (!worker->foreign)
        copy->has_usage = top_usage(worker->pid, worker->tid, &copy->cpu_ns, &copy->memory_bytes);
    return 0;
}

static int compare_workers(const void *left, const void *right)
{
    const struct top_worker_sample *a = left, *b = right;
    if (a->pid != b->pid)
        return a->pid < b->pid ? -1 : 1;
    return (a->tid > b->tid) - (a->tid < b->tid);
}

static int take_workers(struct top_sample *sample, connstat_t *cs)
{
    sample->worker_count = 0;
    int visited = connstat_for_each_worker(cs, take_worker, sample);
    if (visited < 0)
        return visited;
    if (sample->worker_count > 0)
        qsort(sample->workers, sample->worker_count, sizeof(*sample->workers), compare_workers);
    return sample->worker_count < (size_t)visited ? -ENOMEM : 0;
}

/* The oldest death comes first, and each one pushes those before it down. */
static int take_death(const struct connstat_death *death, void *arg)
{
    struct top_sample *sample = arg;
    size_t kept = sample->death_count < TOP_DEATHS ? sample->death_count : TOP_DEATHS - 1;
    memmove(&sample->deaths[1], &sample->deaths[0], kept * sizeof(*sample->deaths));
    sample->death_count = kept + 1;
    sample->deaths[0] = (struct top_death){
        .number = death->number,
        .pid = death->pid,
        .tid = death->tid,
        .cause = death->cause,
        .status = death->status,
        .joined_at_ns = death->joined_at_ns,
        .died_at_ns = death->died_at_ns,
        .lost_total = death->lost_total,
    };
    memcpy(sample->deaths[0].lost, death->lost, sizeof(death->lost));
    snprintf(sample->deaths[0].label, sizeof(sample->deaths[0].label), "%s", death->label);
    return 0;
}

static void take_types(struct top_sample *sample, connstat_t *cs)
{
    for (size_t i = 0; i < sample->counts.type_count; i++) {
        struct top_type_sample *type = &sample->types[i];
        const char *name = connstat_type_name(cs, (int)i);
        int64_t slots = connstat_type_capacity(cs, (int)i);
        int64_t capacity = connstat_type_maximum(cs, (int)i);
        snprintf(type->name, sizeof(type->name), "%s", name ? name : "?");
        type->kind = connstat_type_kind(cs, (int)i);
        type->slots = slots > 0 ? (uint64_t)slots : 0;
        type->capacity = capacity > 0 ? (uint64_t)capacity : 0;
    }
}

int top_sample_take(struct top_sample *sample, connstat_t *cs)
{
    int error = connstat_reap(cs);
    if (error >= 0)
        error = connstat_info(cs, &sample->info);
    if (error >= 0 && sample->info.retired)
        error = -ENOENT;
    if (error >= 0)
        error = connstat_counts(cs, &sample->counts);
    if (error >= 0)
        error = connstat_totals(cs, &sample->totals);
    if (error < 0)
        return error;
    take_types(sample, cs);
    error = take_workers(sample, cs);
    if (error < 0)
        return error;
    sample->death_count = 0;
    error = connstat_for_each_death(cs, take_death, sample);
    sample->at_ns = clock_monotonic_ns();
    return error < 0 ? error : 0;
}

void top_sample_free(struct top_sample *sample)
{
    free(sample->workers);
    *sample = (struct top_sample){0};
}
