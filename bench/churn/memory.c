/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * memory: bytes a slot, everything included, and what huge pages bring to a table of a million
 * entries: one is made while the process may have none.
 */
#include "common.h"
#include "segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum { PAIRS = 100000 };

struct scene {
    bool huge;
    uint64_t huge_kib; /* of its mapping, when its entries are in */
    connstat_t *cs;
    connstat_id *ids;
    uint64_t standing, random;
    struct samples ns;
};

static struct workload workload;

static void print_memory(const char *layout, connstat_t *cs)
{
    struct connstat_info info;
    must(connstat_info(cs, &info), "connstat_info");
    printf("{\"bench\": \"memory\", \"layout\": \"%s\", \"slots\": %llu, \"size_bytes\": %llu, "
           "\"metadata_bytes\": %u, \"bytes_per_slot\": %.2f}\n",
           layout, (unsigned long long)info.slots, (unsigned long long)info.size_bytes,
           info.metadata_bytes, (double)info.size_bytes / (double)info.slots);
}

static void memory_of_layouts(const struct common *common)
{
    connstat_t *cs;
    must(connstat_create(&cs, "defaults", NULL), "connstat_create");
    print_memory("defaults", cs);
    segment_drop(cs);
    cs = segment_make((uint32_t)pick(common, 1000000, 50000));
    print_memory("large", cs);
    segment_drop(cs);
}

static void enter(struct scene *scene, uint64_t at)
{
    const struct record *record = &workload.records[at % WORKLOAD_RECORDS];
    must(connstat_register_encoded(scene->cs, 0, record->encoded, record->size, &scene->ids[at]),
         "connstat_register_encoded");
}

/* Of all that this process shares. */
static uint64_t huge_kib(void)
{
    FILE *smaps = fopen("/proc/self/smaps", "re");
    char line[512];
    unsigned long kib, sum = 0;
    while (smaps != NULL && fgets(line, sizeof(line), smaps) != NULL)
        if (sscanf(line, "ShmemPmdMapped: %lu", &kib) == 1)
            sum += kib;
    if (smaps != NULL)
        fclose(smaps);
    return sum;
}

static void scene_open(struct scene *scene)
{
    uint64_t before = huge_kib();
    prctl(PR_SET_THP_DISABLE, !scene->huge, 0, 0, 0);
    scene->cs = segment_make((uint32_t)(scene->standing + scene->standing / 4));
    prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
    scene->ids = calloc(scene->standing, sizeof(*scene->ids));
    if (scene->ids == NULL)
        bench_fail("no memory");
    scene->random = 88172645463325252u;
    for (uint64_t i = 0; i < scene->standing; i++)
        enter(scene, i);
    scene->huge_kib = huge_kib() - before;
}

static void scene_close(struct scene *scene)
{
    segment_drop(scene->cs);
    free(scene->ids);
}

static void scene_measure(struct scene *scene)
{
    uint64_t start = 0;
    for (unsigned i = 0; i < PAIRS + PAIRS / 5; i++) {
        if (i == PAIRS / 5) /* warm now */
            start = cpu_ns();
        uint64_t at = random_below(&scene->random, scene->standing);
        must(connstat_unregister(scene->cs, scene->ids[at]), "connstat_unregister");
        enter(scene, at);
    }
    samples_add(&scene->ns, (double)(cpu_ns() - start) / PAIRS);
}

static void report(const struct scene *scene, const struct scene *without)
{
    struct samples ratio;
    samples_ratio(&scene->ns, &without->ns, &ratio);
    result_print("huge", &scene->ns,
                 "\"unit\": \"ns\", \"huge\": %s, \"standing\": %llu, \"huge_kib\": %llu, "
                 "\"ratio\": %.3f, \"ratio_spread\": %.3f,",
                 scene->huge ? "true" : "false", (unsigned long long)scene->standing,
                 (unsigned long long)scene->huge_kib, samples_median(&ratio),
                 samples_spread(&ratio));
}

static void huge_pages(const struct common *common)
{
    static struct scene scenes[] = {{.huge = false}, {.huge = true}};
    enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };
    for (unsigned i = 0; i < SCENES; i++) {
        scenes[i].standing = pick(common, 1000000, 50000);
        scene_open(&scenes[i]);
    }
    for (unsigned rep = 0; rep < common->reps; rep++)
        for (unsigned i = 0; i < SCENES; i++)
            scene_measure(&scenes[i]);
    for (unsigned i = 0; i < SCENES; i++)
        report(&scenes[i], &scenes[0]);
    for (unsigned i = 0; i < SCENES; i++)
        scene_close(&scenes[i]);
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv, "Bytes a slot, and what huge pages bring at 1M, in ns.");
    workload_make(&workload, 64);
    memory_of_layouts(&common);
    huge_pages(&common);
    return 0;
}
