/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * memory: bytes a slot, everything included, and what huge pages bring to a table of a million
 * entries. Huge pages are switched by mounts of the bench's own, in a mount namespace of its own.
 */
#include "common.h"
#include "scratch.h"
#include "segment.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

enum { PAIRS = 100000 };

struct scene {
    const char *huge; /* the mount option */
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

/* A tmpfs with the option, a segment in it, and its entries. */
static int scene_open(struct scene *scene)
{
    char directory[128], option[32];
    snprintf(directory, sizeof directory, "%s/huge-%s", scratch_path(), scene->huge);
    snprintf(option, sizeof option, "huge=%s", scene->huge);
    if (mkdir(directory, 0700) != 0 || mount("tmpfs", directory, "tmpfs", 0, option) != 0)
        return -errno;
    setenv("CONNSTAT_DIR", directory, 1);
    scene->cs = segment_make((uint32_t)(scene->standing + scene->standing / 4));
    scene->ids = calloc(scene->standing, sizeof *scene->ids);
    if (scene->ids == NULL)
        bench_fail("no memory");
    scene->random = 88172645463325252u;
    for (uint64_t i = 0; i < scene->standing; i++)
        enter(scene, i);
    return 0;
}

/* Mounted, the directory could not be removed. */
static void scene_close(struct scene *scene)
{
    char directory[128];
    snprintf(directory, sizeof directory, "%s/huge-%s", scratch_path(), scene->huge);
    connstat_close(scene->cs);
    umount2(directory, MNT_DETACH);
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

/* Of this process's mappings of segments below a directory. */
static uint64_t huge_kib(const char *directory)
{
    FILE *smaps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool inside = false;
    unsigned long kib, sum = 0;
    while (smaps != NULL && fgets(line, sizeof line, smaps) != NULL) {
        if (strchr(line, '/') != NULL)
            inside = strstr(line, directory) != NULL;
        else if (inside && sscanf(line, "ShmemPmdMapped: %lu", &kib) == 1)
            sum += kib;
    }
    if (smaps != NULL)
        fclose(smaps);
    return sum;
}

static void report(const struct scene *scene, const struct scene *without)
{
    struct samples ratio;
    char directory[64];
    snprintf(directory, sizeof directory, "/huge-%s/", scene->huge);
    samples_ratio(&scene->ns, &without->ns, &ratio);
    result_print("huge", &scene->ns,
                 "\"unit\": \"ns\", \"huge\": \"%s\", \"standing\": %llu, \"huge_kib\": %llu, "
                 "\"ratio\": %.3f, \"ratio_spread\": %.3f,",
                 scene->huge, (unsigned long long)scene->standing,
                 (unsigned long long)huge_kib(directory), samples_median(&ratio),
                 samples_spread(&ratio));
}

static void huge_pages(const struct common *common)
{
    static struct scene scenes[] = {{.huge = "never"}, {.huge = "advise"}, {.huge = "always"}};
    enum { SCENES = sizeof scenes / sizeof scenes[0] };
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        printf("{\"bench\": \"huge\", \"skipped\": \"mounting needs CAP_SYS_ADMIN: %s\"}\n",
               strerror(errno));
        return;
    }
    for (unsigned i = 0; i < SCENES; i++) {
        scenes[i].standing = pick(common, 1000000, 50000);
        must(scene_open(&scenes[i]), "a tmpfs of its own");
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
