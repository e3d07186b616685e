/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * tail: how long single calls of two churning workers take, up to the longest, beside a call that
 * does nothing, which shows what the machine itself adds: interrupts, other programs, the clock.
 */
#include "common.h"
#include "segment.h"
#include "ticks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { WORKERS = 2, PAIRS = 64, STANDING = 1000, SLOW_NS = 10000 };

enum call { NOTHING, REGISTER, UNREGISTER, CALLS };
static const char *const call_names[CALLS] = {"nothing", "register", "unregister"};

struct tally { /* of one worker, seen by the parent */
    struct histogram all[CALLS];
    struct histogram undisturbed[CALLS]; /* without calls during which it lost its core */
};

struct stage {
    connstat_t *cs;
    struct workload workload;
    struct tally *tallies;
};

struct worker {
    const struct stage *stage;
    struct tally *tally;
    connstat_id ids[STANDING / WORKERS];
    uint64_t random, turn;
    uint64_t slow_ticks;
    long switches;
};

static long context_switches(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

static void note(struct worker *worker, enum call call, uint64_t ticks)
{
    histogram_add(&worker->tally->all[call], ticks);
    if (ticks > worker->slow_ticks) {
        long switches = context_switches();
        bool preempted = switches != worker->switches;
        worker->switches = switches;
        if (preempted)
            return;
    }
    histogram_add(&worker->tally->undisturbed[call], ticks);
}

static __attribute__((noinline)) int nothing(connstat_t *cs, connstat_id id)
{
    __asm__ volatile("" : : "r"(cs), "r"(id) : "memory");
    return 0;
}

static void replace(struct worker *worker, connstat_id *id)
{
    const struct stage *stage = worker->stage;
    const struct record *record = &stage->workload.records[worker->turn++ % WORKLOAD_RECORDS];

    uint64_t start = ticks_begin();
    nothing(stage->cs, *id);
    note(worker, NOTHING, ticks_end() - start);

    start = ticks_begin();
    int error = connstat_unregister(stage->cs, *id);
    note(worker, UNREGISTER, ticks_end() - start);
    must(error, "connstat_unregister");

    start = ticks_begin();
    error = connstat_register_encoded(stage->cs, 0, record->encoded, record->size, id);
    note(worker, REGISTER, ticks_end() - start);
    must(error, "connstat_register_encoded");
}

static void *worker_begin(void *arg, unsigned seat)
{
    const struct stage *stage = arg;
    struct worker *worker = calloc(1, sizeof(*worker));
    if (worker == NULL)
        bench_fail("no memory");
    worker->stage = stage;
    worker->tally = &stage->tallies[seat];
    worker->random = 88172645463325252u + seat;
    worker->slow_ticks = (uint64_t)(SLOW_NS * ticks_per_ns());
    for (unsigned i = 0; i < STANDING / WORKERS; i++)
        replace(worker, &worker->ids[i]); /* 0: nothing to unregister */
    return worker;
}

static uint64_t worker_step(void *arg)
{
    struct worker *worker = arg;
    worker->switches = context_switches();
    for (unsigned i = 0; i < PAIRS; i++)
        replace(worker, &worker->ids[random_below(&worker->random, STANDING / WORKERS)]);
    return PAIRS;
}

static double net_ns(uint64_t ticks, uint64_t overhead)
{
    return ticks > overhead ? (double)(ticks - overhead) / ticks_per_ns() : 0;
}

static void report(const struct stage *stage)
{
    static struct histogram all[CALLS], undisturbed[CALLS];
    for (int call = 0; call < CALLS; call++) {
        for (int w = 0; w < WORKERS; w++) {
            histogram_merge(&all[call], &stage->tallies[w].all[call]);
            histogram_merge(&undisturbed[call], &stage->tallies[w].undisturbed[call]);
        }
    }
    uint64_t overhead = histogram_quantile(&all[NOTHING], 0.5);
    static const double shares[] = {0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999};
    static const char *const names[] = {"p50", "p90", "p99", "p99_9", "p99_99", "p99_999"};

    for (int call = 0; call < CALLS; call++) {
        printf("{\"bench\": \"tail\", \"call\": \"%s\", \"unit\": \"ns\", \"workers\": %d, "
               "\"standing\": %d, \"calls\": %llu, \"overhead_ns\": %.1f",
               call_names[call], WORKERS, STANDING, (unsigned long long)all[call].count,
               (double)overhead / ticks_per_ns());
        for (unsigned i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
            printf(", \"%s\": %.1f", names[i],
                   net_ns(histogram_quantile(&all[call], shares[i]), overhead));
        printf(", \"max\": %.0f, \"max_while_on_core\": %.0f, \"lost_core\": %llu}\n",
               net_ns(all[call].max, overhead), net_ns(undisturbed[call].max, overhead),
               (unsigned long long)(all[call].count - undisturbed[call].count));
    }
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv, "Latency of single calls of two churning workers, in ns.");
    uint64_t duration_ns = pick(&common, 500000000, 20000000);

    static struct stage stage;
    workload_make(&stage.workload, 64);
    stage.cs = segment_make(16384);
    stage.tallies = shared_alloc(WORKERS * sizeof(*stage.tallies));
    ticks_per_ns();

    struct crew_task task = {worker_begin, worker_step, NULL, &stage};
    struct crew *crew = crew_hire(&task, WORKERS, 1, 0);
    crew_round(crew, duration_ns, CREW_WALL);
    memset(stage.tallies, 0, WORKERS * sizeof(*stage.tallies)); /* that was for warming up */
    for (unsigned rep = 0; rep < common.reps; rep++)
        crew_round(crew, duration_ns, CREW_WALL);
    report(&stage);
    crew_dismiss(crew);
    segment_drop(stage.cs);
    return 0;
}
