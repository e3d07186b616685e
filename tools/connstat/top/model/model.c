/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND 1e9

static double rate(uint64_t before, uint64_t now, double seconds)
{
    return now < before || seconds <= 0 ? NAN : (double)(now - before) / seconds;
}

/* Forget everything: the name leads to another segment than before. */
static void start_over(struct top_model *model)
{
    unsigned seen = model->segments_seen;
    top_model_free(model);
    model->segments_seen = seen + 1;
}

static bool same_segment(const struct top_model *model, const struct top_sample *sample)
{
    return model->at_ns != 0 && model->info.created_at_ns == sample->info.created_at_ns &&
           model->type_count == sample->counts.type_count;
}

static void add_type(struct top_type *type, const struct top_sample *sample, size_t index,
                     double seconds)
{
    const struct connstat_totals *totals = &sample->totals;
    uint64_t refused = 0;
    for (size_t i = 0; i < CONNSTAT_REFUSAL_COUNT; i++)
        refused += totals->refused[index][i];

    type->rates.opened = rate(type->opened, totals->opened[index], seconds);
    type->rates.closed = rate(type->closed, totals->closed[index], seconds);
    type->refusing = seconds > 0 && refused > type->refused;

    memcpy(type->name, sample->types[index].name, sizeof(type->name));
    memcpy(type->refused_by, totals->refused[index], sizeof(type->refused_by));
    type->index = (int)index;
    type->kind = sample->types[index].kind;
    type->slots = sample->types[index].slots;
    type->capacity = sample->types[index].capacity;
    type->live = sample->counts.by_type[index];
    type->opened = totals->opened[index];
    type->closed = totals->closed[index];
    type->lost = totals->lost[index];
    type->refused = refused;
    top_series_add(&type->history, (double)type->live);
}

static int order_of(const struct top_worker_sample *a, const struct top_worker_sample *b)
{
    if (a->pid != b->pid)
        return a->pid < b->pid ? -1 : 1;
    return (a->tid > b->tid) - (a->tid < b->tid);
}

static struct top_worker new_worker(const struct top_worker_sample *now)
{
    return (struct top_worker){.now = *now, .rates = {NAN, NAN}, .cpu_percent = NAN};
}

static struct top_worker next_worker(const struct top_worker_sample *before,
                                     const struct top_worker_sample *now, double seconds)
{
    struct top_worker worker = new_worker(now);
    if (before->joined_at_ns != now->joined_at_ns)
        return worker;
    worker.rates.opened = rate(before->opened, now->opened, seconds);
    worker.rates.closed = rate(before->closed, now->closed, seconds);
    if (before->has_usage && now->has_usage)
        worker.cpu_percent = rate(before->cpu_ns, now->cpu_ns, seconds) / NS_PER_SECOND * 100;
    return worker;
}

/* Take over the workers. Both lists are sorted, so one walk finds what each worker was before. */
static int add_workers(struct top_model *model, const struct top_sample *sample, double seconds)
{
    size_t room = sample->worker_count > 0 ? sample->worker_count : 1;
    struct top_worker *workers = reallocarray(NULL, room, sizeof(*workers));
    if (!workers)
        return -ENOMEM;
    size_t old = 0;
    for (size_t i = 0; i < sample->worker_count; i++) {
        const struct top_worker_sample *now = &sample->workers[i];
        while (old < model->worker_count && order_of(&model->workers[old].now, now) < 0)
            old++;
        if (old < model->worker_count && order_of(&model->workers[old].now, now) == 0)
            workers[i] = next_worker(&model->workers[old].now, now, seconds);
        else
            workers[i] = new_worker(now);
    }
    free(model->workers);
    model->workers = workers;
    model->worker_count = sample->worker_count;
    return 0;
}

int top_model_add(struct top_model *model, const struct top_sample *sample)
{
    if (!same_segment(model, sample))
        start_over(model);
    double seconds = model->at_ns != 0 ? (double)(sample->at_ns - model->at_ns) / NS_PER_SECOND : 0;
    int error = add_workers(model, sample, seconds);
    if (error < 0)
        return error;

    model->at_ns = sample->at_ns;
    model->info = sample->info;
    model->type_count = sample->counts.type_count;
    for (size_t i = 0; i < model->type_count; i++)
        add_type(&model->types[i], sample, i, seconds);
    model->total_channels = sample->counts.total_channels;
    model->total_connections = sample->counts.total_connections;
    model->joins = sample->totals.joins;
    model->deaths_total = sample->totals.deaths;
    top_series_add(&model->history, (double)(model->total_channels + model->total_connections));
    memcpy(model->deaths, sample->deaths, sample->death_count * sizeof(*model->deaths));
    model->death_count = sample->death_count;
    return 0;
}

void top_model_gap(struct top_model *model)
{
    top_series_add(&model->history, NAN);
    for (size_t i = 0; i < model->type_count; i++)
        top_series_add(&model->types[i].history, NAN);
}

void top_model_free(struct top_model *model)
{
    free(model->workers);
    *model = (struct top_model){0};
}
