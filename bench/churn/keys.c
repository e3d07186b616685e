/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * keys: what a key costs a registration, and what it costs to ask for the entries of one.
 */
#include "common.h"
#include "crew.h"
#include "segment.h"

#include <stdlib.h>

enum { PAIRS = 20000, PER_KEY = 20, FEW = 4, CHAIN = 10000, LOOKUPS = 20000 };

enum keyed { WITHOUT_KEY, WITH_KEY, WITH_KEY_OF_FEW, WITH_LIMIT, KEYED_COUNT };
static const char *const keyed_names[] = {"none", "key", "key", "key-and-limit"};
static const unsigned per_key[] = {PER_KEY, PER_KEY, FEW, PER_KEY}; /* entries */

struct scene { /* entries standing */
    uint64_t standing;
    enum keyed keyed;
    connstat_t *cs;
    connstat_id *ids;
    uint64_t random, turn;
    struct samples pair_ns, lookup_ns;
};

static struct workload workload;

static void enter(struct scene *scene, uint64_t at)
{
    const struct record *record = &workload.records[scene->turn++ % WORKLOAD_RECORDS];
    struct connstat_key key = connstat_key_u64(at / per_key[scene->keyed]);
    if (scene->keyed == WITHOUT_KEY)
        must(connstat_register(scene->cs, 0, record->fields, record->field_count, &scene->ids[at]),
             "connstat_register");
    else
        must(connstat_register_key(scene->cs, 0, key, scene->keyed == WITH_LIMIT ? PER_KEY : 0,
                                   record->fields, record->field_count, &scene->ids[at]),
             "connstat_register_key");
}

static void scene_open(struct scene *scene)
{
    scene->cs = segment_make((uint32_t)(scene->standing + scene->standing / 4));
    scene->ids = calloc(scene->standing, sizeof *scene->ids);
    if (scene->ids == NULL)
        bench_fail("no memory");
    scene->random = 88172645463325252u;
    for (uint64_t i = 0; i < scene->standing; i++)
        enter(scene, i);
}

static void scene_close(struct scene *scene)
{
    segment_drop(scene->cs);
    free(scene->ids);
}

static void measure_pairs(struct scene *scene)
{
    uint64_t start = 0;
    for (unsigned i = 0; i < PAIRS + PAIRS / 5; i++) {
        if (i == PAIRS / 5) /* warm now */
            start = cpu_ns();
        uint64_t at = random_below(&scene->random, scene->standing);
        must(connstat_unregister(scene->cs, scene->ids[at]), "connstat_unregister");
        enter(scene, at);
    }
    samples_add(&scene->pair_ns, (double)(cpu_ns() - start) / PAIRS);
}

static void measure_lookups(struct scene *scene)
{
    uint64_t start = cpu_ns();
    for (unsigned i = 0; i < LOOKUPS; i++) {
        uint64_t number = random_below(&scene->random, scene->standing / per_key[scene->keyed]);
        if (connstat_count_key(scene->cs, 0, connstat_key_u64(number)) != per_key[scene->keyed])
            bench_fail("not every entry of a key is counted");
    }
    samples_add(&scene->lookup_ns, (double)(cpu_ns() - start) / LOOKUPS);
}

static int visit(const struct connstat_entry *entry, void *arg)
{
    *(uint64_t *)arg += entry->metadata_count;
    return 0;
}

static void check_chain(int64_t visited)
{
    if (visited != CHAIN)
        bench_fail("%lld entries listed, %d stand", (long long)visited, CHAIN);
}

static void measure_chain(const struct common *common)
{
    struct samples by_key = {0}, all = {0}, ratio;
    struct connstat_key key = connstat_key_u64(42);
    connstat_t *cs = segment_make(CHAIN + CHAIN / 4);
    for (unsigned i = 0; i < CHAIN; i++) {
        const struct record *record = &workload.records[i % WORKLOAD_RECORDS];
        connstat_id id;
        must(connstat_register_key(cs, 0, key, 0, record->fields, record->field_count, &id),
             "connstat_register_key");
    }
    for (unsigned rep = 0; rep < common->reps; rep++) {
        uint64_t sum = 0, start = cpu_ns();
        check_chain(connstat_for_each(cs, 0, visit, &sum));
        uint64_t middle = cpu_ns();
        check_chain(connstat_for_each_key(cs, 0, key, visit, &sum));
        samples_add(&all, (double)(middle - start) / CHAIN);
        samples_add(&by_key, (double)(cpu_ns() - middle) / CHAIN);
    }
    samples_ratio(&by_key, &all, &ratio);
    result_print("keys-chain", &by_key,
                 "\"unit\": \"ns\", \"entries\": %d, \"for_each_ns\": %.2f, \"ratio\": %.3f, "
                 "\"ratio_spread\": %.3f,",
                 CHAIN, samples_median(&all), samples_median(&ratio), samples_spread(&ratio));
    segment_drop(cs);
}

/* The floor of a look-up: from its key to a cell, from the cell to a slot, are two cache misses of
 * which the second cannot begin before the first has ended. Memory as large as the index and the
 * words, walked in random order. */
static void measure_floor(const struct common *common, uint64_t standing)
{
    uint64_t lines = (standing + standing / 4) * (8 + 24 + 16) / 64, at = 0;
    uint64_t *memory = shared_alloc(lines * 64), random = 88172645463325252u;
    struct samples ns = {0};

    for (uint64_t i = 0; i < lines; i++)
        memory[8 * i] = i;
    for (uint64_t i = lines - 1; i > 0; i--) { /* one cycle through all (Sattolo, 1986) */
        uint64_t j = random_below(&random, i), line = memory[8 * i];

        memory[8 * i] = memory[8 * j];
        memory[8 * j] = line;
    }
    for (unsigned rep = 0; rep < common->reps; rep++) {
        uint64_t start = cpu_ns();

        for (unsigned i = 0; i < 2 * LOOKUPS; i++)
            at = *(volatile uint64_t *)&memory[8 * at];
        samples_add(&ns, (double)(cpu_ns() - start) / LOOKUPS);
    }
    result_print("keys-floor", &ns, "\"unit\": \"ns\", \"standing\": %llu,",
                 (unsigned long long)standing);
    shared_free(memory, lines * 64);
}

static void report(const struct scene *scene, const struct scene *without)
{
    struct samples ratio;
    samples_ratio(&scene->pair_ns, &without->pair_ns, &ratio);
    result_print("keys-pair", &scene->pair_ns,
                 "\"unit\": \"ns\", \"keyed\": \"%s\", \"standing\": %llu, \"per_key\": %u, "
                 "\"ratio\": %.3f, \"ratio_spread\": %.3f,",
                 keyed_names[scene->keyed], (unsigned long long)scene->standing,
                 per_key[scene->keyed], samples_median(&ratio), samples_spread(&ratio));
    if (scene->keyed != WITHOUT_KEY)
        result_print("keys-count", &scene->lookup_ns,
                     "\"unit\": \"ns\", \"keyed\": \"%s\", \"standing\": %llu, \"per_key\": %u,",
                     keyed_names[scene->keyed], (unsigned long long)scene->standing,
                     per_key[scene->keyed]);
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv,
                 "Cost of keys: of a pair with and without one, of a lookup, of a long chain.");
    workload_make(&workload, 64);

    static struct scene scenes[2][KEYED_COUNT];
    for (int size = 0; size < 2; size++) {
        for (int keyed = 0; keyed < KEYED_COUNT; keyed++) {
            scenes[size][keyed].standing = size == 0 ? 1000 : pick(&common, 1000000, 20000);
            scenes[size][keyed].keyed = (enum keyed)keyed;
            scene_open(&scenes[size][keyed]);
        }
    }
    for (unsigned rep = 0; rep < common.reps; rep++) {
        for (int i = 0; i < 2 * KEYED_COUNT; i++) {
            measure_pairs(&scenes[i / KEYED_COUNT][i % KEYED_COUNT]);
            if (i % KEYED_COUNT != WITHOUT_KEY)
                measure_lookups(&scenes[i / KEYED_COUNT][i % KEYED_COUNT]);
        }
    }
    for (int size = 0; size < 2; size++) {
        for (int keyed = 0; keyed < KEYED_COUNT; keyed++) {
            report(&scenes[size][keyed], &scenes[size][WITHOUT_KEY]);
            scene_close(&scenes[size][keyed]);
        }
    }
    measure_floor(&common, scenes[1][WITH_KEY].standing);
    measure_chain(&common);
    return 0;
}
