/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * list: what connstat_for_each costs an entry, with its metadata decoded and without, and how long
 * a large table with few entries takes.
 */
#include "common.h"
#include "segment.h"

#include <stdlib.h>

typedef int64_t (*list_fn)(connstat_t *cs, int type, connstat_visit_fn visit, void *arg);

struct scene {
    const char *name;
    uint64_t slots, standing;
    list_fn list;
    connstat_t *cs;
    struct samples ns; /* a whole list */
};

/* Looks at what a reader would look at. */
static int visit(const struct connstat_entry *entry, void *arg)
{
    uint64_t *sum = arg;
    *sum += (uint64_t)entry->pid + entry->metadata_count + entry->encoded_size;
    return 0;
}

static void add(connstat_t *cs, const struct workload *workload, uint64_t number, connstat_id *id)
{
    const struct record *record = &workload->records[number % WORKLOAD_RECORDS];
    must(connstat_register_encoded(cs, 0, record->encoded, record->size, id),
         "connstat_register_encoded");
}

/* Fills all slots, then takes out all but the standing ones, chosen at equal distances. */
static void scene_open(struct scene *scene, const struct workload *workload)
{
    scene->cs = segment_make((uint32_t)scene->slots);
    connstat_id *ids = calloc(scene->slots, sizeof(*ids));
    if (ids == NULL)
        bench_fail("no memory");
    for (uint64_t i = 0; i < scene->slots; i++)
        add(scene->cs, workload, i, &ids[i]);
    uint64_t distance = scene->slots / scene->standing;
    for (uint64_t i = 0; i < scene->slots; i++)
        if (i % distance != 0)
            must(connstat_unregister(scene->cs, ids[i]), "connstat_unregister");
    free(ids);
}

static void scene_measure(struct scene *scene)
{
    uint64_t sum = 0;
    scene->list(scene->cs, 0, visit, &sum); /* warms up */
    uint64_t start = cpu_ns();
    int64_t visited = scene->list(scene->cs, 0, visit, &sum);
    samples_add(&scene->ns, (double)(cpu_ns() - start));
    if (visited != (int64_t)scene->standing || sum == 0)
        bench_fail("%lld entries listed, %llu stand", (long long)visited,
                   (unsigned long long)scene->standing);
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv, "Cost of listing, in ns a list.");

    static struct workload workload;
    workload_make(&workload, 64);
    uint64_t dense = pick(&common, 100000, 10000), large = pick(&common, 1000000, 50000);
    struct scene scenes[] = {
        {.name = "decoded", .slots = dense, .standing = dense, .list = connstat_for_each},
        {.name = "encoded", .slots = dense, .standing = dense, .list = connstat_for_each_encoded},
        {.name = "decoded-1k", .slots = 1000, .standing = 1000, .list = connstat_for_each},
        {.name = "encoded-1k", .slots = 1000, .standing = 1000, .list = connstat_for_each_encoded},
        {.name = "sparse", .slots = large, .standing = 1000, .list = connstat_for_each_encoded},
        {.name = "sparse-decoded", .slots = large, .standing = 1000, .list = connstat_for_each},
    };
    enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };
    for (unsigned i = 0; i < SCENES; i++)
        scene_open(&scenes[i], &workload);
    for (unsigned rep = 0; rep < common.reps; rep++)
        for (unsigned i = 0; i < SCENES; i++)
            scene_measure(&scenes[i]);
    for (unsigned i = 0; i < SCENES; i++) {
        struct scene *scene = &scenes[i];
        result_print("list", &scene->ns,
                     "\"unit\": \"ns\", \"scene\": \"%s\", \"slots\": %llu, \"standing\": %llu, "
                     "\"ns_per_entry\": %.2f,",
                     scene->name, (unsigned long long)scene->slots,
                     (unsigned long long)scene->standing,
                     samples_median(&scene->ns) / (double)scene->standing);
        segment_drop(scene->cs);
    }
    return 0;
}
