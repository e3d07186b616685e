/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * growth: a table that grows by itself. How long the registrations take that fill it, up to the one
 * that waited longest for more slots; how long the calls of a neighbour take meanwhile, who churns
 * in the same table; what it costs to fill what has grown, beside a table that was made that large;
 * and how much memory a slot takes before and after. Nobody reaps here, who would grow it ahead.
 */
#include "common.h"
#include "scratch.h"
#include "segment.h"
#include "ticks.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { FIRST = 1024, NEIGHBOURS_ENTRIES = 500 };

static struct workload workload;

static connstat_t *make(uint32_t capacity, uint32_t maximum)
{
    static const struct connstat_type types[] = {{"ws_socket", CONNSTAT_CONNECTION, 0}};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;
    config.types = types;
    config.type_count = 1;
    config.capacity = capacity;
    config.max_capacity = maximum;
    must(connstat_create(&cs, "growth", &config), "connstat_create");
    return cs;
}

static void enter(connstat_t *cs, uint64_t i, connstat_id *id)
{
    const struct record *record = &workload.records[i % WORKLOAD_RECORDS];
    must(connstat_register_encoded(cs, 0, record->encoded, record->size, id),
         "connstat_register_encoded");
}

/* ---- who waits ------------------------------------------------------------------------------ */

enum phase { CALM, GROWING, OVER };

struct notes { /* of all repetitions, shared with the neighbour */
    _Atomic int phase;
    struct histogram filling, neighbour[OVER];
};

static void neighbour_lives(connstat_t *cs, struct notes *notes)
{
    static connstat_id ids[NEIGHBOURS_ENTRIES];
    uint64_t random = 88172645463325252u, turn = 0;
    int phase;
    for (unsigned i = 0; i < NEIGHBOURS_ENTRIES; i++)
        enter(cs, turn++, &ids[i]);
    while ((phase = atomic_load(&notes->phase)) != OVER) {
        connstat_id *id = &ids[random_below(&random, NEIGHBOURS_ENTRIES)];
        uint64_t start = ticks_begin();
        must(connstat_unregister(cs, *id), "connstat_unregister");
        enter(cs, turn++, id);
        histogram_add(&notes->neighbour[phase], ticks_end() - start);
    }
    _exit(0);
}

static void fill_and_note(connstat_t *cs, struct notes *notes, uint64_t entries)
{
    connstat_id id;
    for (uint64_t i = 0; i < entries; i++) {
        uint64_t start = ticks_begin();
        enter(cs, i, &id);
        histogram_add(&notes->filling, ticks_end() - start);
    }
}

/* The neighbour has a second of calm first: about as long as filling a million takes. */
static void measure_waits(struct notes *notes, uint64_t entries, bool quick)
{
    const struct timespec calm = {.tv_sec = !quick, .tv_nsec = quick ? 10000000 : 0};
    connstat_t *cs = make(FIRST, (uint32_t)entries + FIRST);
    pid_t neighbour;
    atomic_store(&notes->phase, CALM);
    neighbour = fork_helper();
    if (neighbour == 0) {
        pin_to_core(1);
        neighbour_lives(cs, notes);
    }
    nanosleep(&calm, NULL);
    atomic_store(&notes->phase, GROWING);
    fill_and_note(cs, notes, entries);
    atomic_store(&notes->phase, OVER);
    waitpid(neighbour, NULL, 0);
    segment_drop(cs);
}

static void print_waits(const char *who, const struct histogram *calls)
{
    double scale = ticks_per_ns();
    printf("{\"bench\": \"growth-wait\", \"who\": \"%s\", \"unit\": \"ns\", \"calls\": %llu, "
           "\"p50\": %.0f, \"p99_9\": %.0f, \"p99_99\": %.0f, \"max\": %.0f}\n",
           who, (unsigned long long)calls->count, (double)histogram_quantile(calls, 0.5) / scale,
           (double)histogram_quantile(calls, 0.999) / scale,
           (double)histogram_quantile(calls, 0.9999) / scale, (double)calls->max / scale);
}

static void waits(const struct common *common)
{
    struct notes *notes = shared_alloc(sizeof(*notes));
    for (unsigned rep = 0; rep < common->reps; rep++)
        measure_waits(notes, pick(common, 1000000, 20000), common->quick);
    print_waits("who fills it", &notes->filling);
    print_waits("a neighbour meanwhile", &notes->neighbour[GROWING]);
    print_waits("a neighbour before", &notes->neighbour[CALM]);
}

/* ---- filling, and memory -------------------------------------------------------------------- */

static void print_memory(const char *when, connstat_t *cs)
{
    struct connstat_info info;
    must(connstat_info(cs, &info), "connstat_info");
    printf(
        "{\"bench\": \"growth-memory\", \"when\": \"%s\", \"slots\": %llu, \"size_bytes\": %llu, "
        "\"bytes_per_slot\": %.2f}\n",
        when, (unsigned long long)info.slots, (unsigned long long)info.size_bytes,
        (double)info.size_bytes / (double)info.slots);
}

static void measure_filling(uint32_t capacity, uint64_t entries, struct samples *ns, bool prints)
{
    connstat_t *cs = make(capacity, (uint32_t)entries);
    connstat_id id;
    uint64_t start;
    if (prints)
        print_memory(capacity < entries ? "before it grew" : "made that large", cs);
    start = cpu_ns();
    for (uint64_t i = 0; i < entries; i++)
        enter(cs, i, &id);
    samples_add(ns, (double)(cpu_ns() - start) / (double)entries);
    if (prints && capacity < entries)
        print_memory("after it grew", cs);
    segment_drop(cs);
}

static void filling(const struct common *common)
{
    static struct samples grown, made;
    uint64_t entries = pick(common, 1000000, 20000);
    struct samples ratio;
    for (unsigned rep = 0; rep < common->reps; rep++) {
        measure_filling(FIRST, entries, &grown, rep == 0);
        measure_filling((uint32_t)entries, entries, &made, rep == 0);
    }
    samples_ratio(&grown, &made, &ratio);
    result_print("growth-filling", &grown,
                 "\"unit\": \"ns\", \"standing\": %llu, \"made\": %.1f, \"ratio\": %.3f, "
                 "\"ratio_spread\": %.3f,",
                 (unsigned long long)entries, samples_median(&made), samples_median(&ratio),
                 samples_spread(&ratio));
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv, "A table that grows: who waits, filling it, memory.");
    workload_make(&workload, 64);
    pin_to_core(0);
    ticks_per_ns();
    waits(&common);
    filling(&common);
    return 0;
}
