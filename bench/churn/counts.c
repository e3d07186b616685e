/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * counts: what connstat_counts costs beside four workers, with few and with many entries, and
 * after a thousand workers have come and gone.
 */
#include "common.h"
#include "segment.h"

enum { WORKERS = 4, CALLS = 20000 };

struct scene {
    uint64_t standing;
    unsigned departed; /* workers that came and went before */
    connstat_t *cs;
    struct holder *holders[WORKERS];
    struct samples ns;
};

static void depart(connstat_t *cs, const struct workload *workload, unsigned number)
{
    struct holder *holder = holder_start(cs, workload, 1);
    if (number % 2 == 0)
        holder_stop(holder);
    else
        holder_kill(holder);
    if (number % 64 == 63)
        must(connstat_reap(cs), "connstat_reap");
}

static void scene_open(struct scene *scene, const struct workload *workload)
{
    scene->cs = segment_make((uint32_t)(scene->standing + scene->standing / 4));
    for (unsigned i = 0; i < WORKERS; i++)
        scene->holders[i] = holder_start(scene->cs, workload, scene->standing / WORKERS);
    for (unsigned i = 0; i < scene->departed; i++)
        depart(scene->cs, workload, i);
    must(connstat_reap(scene->cs), "connstat_reap");
}

static void scene_close(struct scene *scene)
{
    for (unsigned i = 0; i < WORKERS; i++)
        holder_stop(scene->holders[i]);
    segment_drop(scene->cs);
}

static void scene_measure(struct scene *scene)
{
    struct connstat_counts counts;
    uint64_t start = 0;
    for (unsigned call = 0; call < CALLS + CALLS / 5; call++) {
        if (call == CALLS / 5) /* warm now */
            start = cpu_ns();
        connstat_counts(scene->cs, &counts);
        if (counts.total_connections != scene->standing)
            bench_fail("%llu entries counted, %llu stand",
                       (unsigned long long)counts.total_connections,
                       (unsigned long long)scene->standing);
    }
    samples_add(&scene->ns, (double)(cpu_ns() - start) / CALLS);
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv, "Cost of connstat_counts beside four workers, in ns.");

    static struct workload workload;
    workload_make(&workload, 64);
    struct scene scenes[] = {
        {.standing = 1000},
        {.standing = pick(&common, 1000000, 10000)},
        {.standing = 1000, .departed = (unsigned)pick(&common, 1000, 20)},
    };
    enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };
    for (unsigned i = 0; i < SCENES; i++)
        scene_open(&scenes[i], &workload);
    for (unsigned rep = 0; rep < common.reps; rep++)
        for (unsigned i = 0; i < SCENES; i++)
            scene_measure(&scenes[i]);
    for (unsigned i = 0; i < SCENES; i++) {
        result_print("counts", &scenes[i].ns,
                     "\"unit\": \"ns\", \"workers\": %d, \"standing\": %llu, \"departed\": %u,",
                     WORKERS, (unsigned long long)scenes[i].standing, scenes[i].departed);
        scene_close(&scenes[i]);
    }
    return 0;
}
