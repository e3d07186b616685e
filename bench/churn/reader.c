/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * reader: what a reader on another core costs a worker that churns: none, one that lists
 * everything ten times a second, and one that never pauses.
 */
#include "common.h"
#include "segment.h"

#include <stdlib.h>
#include <unistd.h>

enum { PAIRS = 256, PAUSE_US = 100000 };

struct scene {
    const char *name;
    bool reads;
    useconds_t pause_us; /* between two lists */
    struct samples ns, ratio;
};

struct worker {
    connstat_t *cs;
    const struct workload *workload;
    uint64_t standing;
    connstat_id *ids;
    uint64_t random, turn;
};

struct observer {
    connstat_t *cs;
    useconds_t pause_us;
    uint64_t seen;
};

static void replace(struct worker *worker, connstat_id *id)
{
    const struct record *record = &worker->workload->records[worker->turn++ % WORKLOAD_RECORDS];
    must(connstat_unregister(worker->cs, *id), "connstat_unregister");
    must(connstat_register_encoded(worker->cs, 0, record->encoded, record->size, id),
         "connstat_register_encoded");
}

static void *worker_begin(void *arg, unsigned seat)
{
    (void)seat;
    struct worker *worker = malloc(sizeof(*worker));
    if (worker == NULL)
        bench_fail("no memory");
    *worker = *(const struct worker *)arg;
    worker->ids = calloc(worker->standing, sizeof(*worker->ids)); /* 0: nothing to unregister */
    if (worker->ids == NULL)
        bench_fail("no memory");
    for (uint64_t i = 0; i < worker->standing; i++)
        replace(worker, &worker->ids[i]);
    return worker;
}

static uint64_t worker_step(void *arg)
{
    struct worker *worker = arg;
    for (unsigned i = 0; i < PAIRS; i++)
        replace(worker, &worker->ids[random_below(&worker->random, worker->standing)]);
    return PAIRS;
}

static int visit(const struct connstat_entry *entry, void *arg)
{
    *(uint64_t *)arg += entry->metadata_count;
    return 0;
}

static void *observer_begin(void *arg, unsigned seat)
{
    (void)seat;
    return arg;
}

static uint64_t observer_step(void *arg)
{
    struct observer *observer = arg;
    connstat_for_each(observer->cs, 0, visit, &observer->seen);
    if (observer->pause_us > 0)
        usleep(observer->pause_us);
    return 1;
}

/* Rounds go by turns, so that what else the machine does hits all scenes alike. */
static void measure(struct scene *scenes, unsigned count, struct crew *worker,
                    struct crew **observers, uint64_t duration_ns)
{
    for (unsigned i = 0; i < count; i++) {
        if (scenes[i].reads)
            crew_start(observers[i], duration_ns * 11 / 10, CREW_WALL);
        struct crew_result result = crew_round(worker, duration_ns, CREW_CPU);
        if (scenes[i].reads)
            crew_wait(observers[i]);
        samples_add(&scenes[i].ns, result.ns_per_unit);
    }
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv,
                 "Cost that a reader brings to a worker that churns, in ns a pair.");

    static struct workload workload;
    workload_make(&workload, 64);
    uint64_t standing = pick(&common, 10000, 1000);
    uint64_t duration_ns = pick(&common, 400000000, 20000000);
    connstat_t *cs = segment_make((uint32_t)(standing + standing / 4));

    struct worker start = {cs, &workload, standing, NULL, 88172645463325252u, 0};
    struct crew_task work = {worker_begin, worker_step, NULL, &start};
    struct crew *worker = crew_hire(&work, 1, 1, 0);

    struct scene scenes[] = {
        {.name = "none"},
        {.name = "ten-a-second", .reads = true, .pause_us = PAUSE_US},
        {.name = "never-pauses", .reads = true},
    };
    enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };
    struct observer observer[SCENES];
    struct crew *observers[SCENES] = {NULL};
    for (unsigned i = 0; i < SCENES; i++) {
        observer[i] = (struct observer){cs, scenes[i].pause_us, 0};
        struct crew_task task = {observer_begin, observer_step, NULL, &observer[i]};
        if (scenes[i].reads)
            observers[i] = crew_hire(&task, 1, 1, 1);
    }
    for (unsigned rep = 0; rep < common.reps; rep++)
        measure(scenes, SCENES, worker, observers, duration_ns);
    for (unsigned i = 0; i < SCENES; i++) {
        samples_ratio(&scenes[i].ns, &scenes[0].ns, &scenes[i].ratio);
        result_print("reader", &scenes[i].ns,
                     "\"unit\": \"ns\", \"reader\": \"%s\", \"standing\": %llu, "
                     "\"ratio\": %.4f, \"ratio_spread\": %.4f,",
                     scenes[i].name, (unsigned long long)standing, samples_median(&scenes[i].ratio),
                     samples_spread(&scenes[i].ratio));
        if (scenes[i].reads)
            crew_dismiss(observers[i]);
    }
    crew_dismiss(worker);
    segment_drop(cs);
    return 0;
}
