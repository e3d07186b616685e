/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * keys: what a key costs a registration, and what it costs to ask for the entries of one.
 */
#include "common.h"
#include "crew.h"
#include "segment.h"

#include <stdlib.h>

enum { PAIRS = 20000, PER_KEY = 20, FEW = 4, CHAIN = 10000, LOOKUPS = 20000, AGAIN = 1000 };

enum keyed {
    WITHOUT_KEY,
    WITH_KEY,
    WITH_KEY_OF_FEW,
    WITH_NEW_KEY,
    WITH_LIMIT,
    FAR_FROM_LIMIT,
    KEYED_COUNT
};
static const char *const keyed_names[] = {"none",    "key",           "key",
                                          "new key", "key-and-limit", "key-and-limit"};
static const unsigned per_key[] = {PER_KEY, PER_KEY, FEW, 1, PER_KEY, FEW}; /* entries */

struct scene { /* entries standing */
    uint64_t standing;
    enum keyed keyed;
    connstat_t *cs;
    connstat_id *ids;
    uint64_t random, turn;
    struct samples pair_ns, pair_again_ns, lookup_ns, cold_ns, again_ns;
};

static struct workload workload;

/* The entries of a key stand far from each other, as those of users who come and go do. */
static struct connstat_key key_of(const struct scene *scene, uint64_t at)
{
    return connstat_key_u64(scene->keyed == WITH_NEW_KEY
                                ? scene->turn
                                : at % (scene->standing / per_key[scene->keyed]));
}

static void enter(struct scene *scene, uint64_t at, connstat_id *id)
{
    const struct record *record = &workload.records[scene->turn++ % WORKLOAD_RECORDS];
    struct connstat_key key = key_of(scene, at);
    if (scene->keyed == WITHOUT_KEY)
        must(connstat_register(scene->cs, 0, record->fields, record->field_count, id),
             "connstat_register");
    else
        must(connstat_register_key(scene->cs, 0, key, scene->keyed >= WITH_LIMIT ? PER_KEY : 0,
                                   record->fields, record->field_count, id),
             "connstat_register_key");
}

static void scene_open(struct scene *scene)
{
    scene->cs = segment_make((uint32_t)(scene->standing + scene->standing / 4));
    scene->ids = calloc(scene->standing, sizeof(*scene->ids));
    if (scene->ids == NULL)
        bench_fail("no memory");
    scene->random = 88172645463325252u;
    for (uint64_t i = 0; i < scene->standing; i++)
        enter(scene, i, &scene->ids[i]);
}

static void scene_close(struct scene *scene)
{
    segment_drop(scene->cs);
    free(scene->ids);
}

/* Two that leave and come again in the other order, so that each gets the other's slot: users come
 * when others left. */
static void exchange(struct scene *scene)
{
    uint64_t a = random_below(&scene->random, scene->standing);
    uint64_t b = random_below(&scene->random, scene->standing - 1);
    b += b >= a;
    must(connstat_unregister(scene->cs, scene->ids[a]), "connstat_unregister");
    must(connstat_unregister(scene->cs, scene->ids[b]), "connstat_unregister");
    enter(scene, b, &scene->ids[b]);
    enter(scene, a, &scene->ids[a]);
}

static void measure_pairs(struct scene *scene)
{
    uint64_t start = 0;
    for (unsigned i = 0; i < PAIRS + PAIRS / 5; i += 2) {
        if (i == PAIRS / 5) /* warm now */
            start = cpu_ns();
        exchange(scene);
    }
    samples_add(&scene->pair_ns, (double)(cpu_ns() - start) / PAIRS);
}

/* One more entry of a key, or of a new one each time, comes and goes again and again: every key has
 * cells of its own, so this is done with some. Where a key's entries fill its limit, none more can.
 */
static void measure_pairs_again(struct scene *scene)
{
    uint64_t start = 0, at = 0;
    connstat_id id;

    if (scene->keyed == WITH_LIMIT)
        return;
    for (unsigned i = 0; i < PAIRS + PAIRS / 5; i++) {
        if (i % AGAIN == 0)
            at = random_below(&scene->random, scene->standing);
        if (i == PAIRS / 5) /* warm now */
            start = cpu_ns();
        enter(scene, at, &id);
        must(connstat_unregister(scene->cs, id), "connstat_unregister");
    }
    samples_add(&scene->pair_again_ns, (double)(cpu_ns() - start) / PAIRS);
}

static void look_up(const struct scene *scene, uint64_t number)
{
    if (connstat_count_key(scene->cs, 0, connstat_key_u64(number)) != per_key[scene->keyed])
        bench_fail("not every entry of a key is counted");
}

static void look_up_any(struct scene *scene, struct samples *ns)
{
    uint64_t start = cpu_ns();
    for (unsigned i = 0; i < LOOKUPS; i++)
        look_up(scene, random_below(&scene->random, scene->standing / per_key[scene->keyed]));
    samples_add(ns, (double)(cpu_ns() - start) / LOOKUPS);
}

static void look_up_again(struct scene *scene)
{
    uint64_t number = random_below(&scene->random, scene->standing / per_key[scene->keyed]);
    uint64_t start;

    look_up(scene, number);
    start = cpu_ns();
    for (unsigned i = 0; i < LOOKUPS; i++)
        look_up(scene, number);
    samples_add(&scene->again_ns, (double)(cpu_ns() - start) / LOOKUPS);
}

/* Cold: the other scenes have been in the caches since the last look-ups. Then as one among
 * look-ups of all. Then one key again and again. */
static void measure_lookups(struct scene *scene)
{
    look_up_any(scene, &scene->cold_ns);
    for (uint64_t number = 0; number < scene->standing / per_key[scene->keyed]; number++)
        look_up(scene, number);
    look_up_any(scene, &scene->lookup_ns);
    look_up_again(scene);
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

/* The floor of a look-up, whatever the index is like: one line that the key leads to, and when it
 * is there, the words of the slots that it names, all at once. Nothing else is done. As many lines
 * as keys, as many words as entries. */
struct floor {
    uint64_t keys, entries, at;
    uint64_t *lines; /* one cycle through all */
    uint64_t *words; /* 0 */
    struct samples ns, cold_ns;
};

static void floor_open(struct floor *floor, uint64_t standing)
{
    uint64_t random = 88172645463325252u;

    floor->entries = standing;
    floor->keys = standing / PER_KEY;
    floor->lines = shared_alloc(floor->keys * 64);
    floor->words = shared_alloc(floor->entries * 8);
    for (uint64_t i = 0; i < floor->entries; i++)
        floor->words[i] = 0;
    for (uint64_t i = 0; i < floor->keys; i++)
        floor->lines[8 * i] = i;
    for (uint64_t i = floor->keys - 1; i > 0; i--) { /* Sattolo, 1986 */
        uint64_t j = random_below(&random, i), line = floor->lines[8 * i];

        floor->lines[8 * i] = floor->lines[8 * j];
        floor->lines[8 * j] = line;
    }
}

static void floor_walk(struct floor *floor, uint64_t steps)
{
    uint64_t at = floor->at;

    for (uint64_t i = 0; i < steps; i++) {
        at = *(volatile uint64_t *)&floor->lines[8 * at];
        uint64_t slot = at, sum = 0;
        for (unsigned n = 0; n < PER_KEY; n++) {
            slot = slot * 6364136223846793005u + 1442695040888963407u;
            sum += *(volatile uint64_t *)&floor->words[(slot >> 32) * floor->entries >> 32];
        }
        at += sum; /* 0: the next one waits for all */
    }
    floor->at = at;
}

static void floor_lookups(struct floor *floor, struct samples *ns)
{
    uint64_t start = cpu_ns();

    floor_walk(floor, LOOKUPS);
    samples_add(ns, (double)(cpu_ns() - start) / LOOKUPS);
}

/* As measure_lookups. */
static void floor_measure(struct floor *floor)
{
    floor_lookups(floor, &floor->cold_ns);
    floor_walk(floor, floor->keys);
    floor_lookups(floor, &floor->ns);
}

static void floor_report(struct floor *floor, uint64_t standing)
{
    result_print("keys-floor", &floor->ns, "\"unit\": \"ns\", \"standing\": %llu,",
                 (unsigned long long)standing);
    result_print("keys-floor-cold", &floor->cold_ns, "\"unit\": \"ns\", \"standing\": %llu,",
                 (unsigned long long)standing);
    shared_free(floor->lines, floor->keys * 64);
    shared_free(floor->words, floor->entries * 8);
}

static void report_lookup(const char *bench, const struct scene *scene, const struct samples *ns)
{
    result_print(
        bench, ns, "\"unit\": \"ns\", \"keyed\": \"%s\", \"standing\": %llu, \"per_key\": %u,",
        keyed_names[scene->keyed], (unsigned long long)scene->standing, per_key[scene->keyed]);
}

static void report_pair(const char *bench, const struct scene *scene, const struct samples *ns,
                        const struct samples *without_ns)
{
    struct samples ratio;
    samples_ratio(ns, without_ns, &ratio);
    result_print(bench, ns,
                 "\"unit\": \"ns\", \"keyed\": \"%s\", \"standing\": %llu, \"per_key\": %u, "
                 "\"ratio\": %.3f, \"ratio_spread\": %.3f,",
                 keyed_names[scene->keyed], (unsigned long long)scene->standing,
                 per_key[scene->keyed], samples_median(&ratio), samples_spread(&ratio));
}

static void report(const struct scene *scene, const struct scene *without)
{
    report_pair("keys-pair", scene, &scene->pair_ns, &without->pair_ns);
    if (scene->keyed != WITH_LIMIT)
        report_pair("keys-pair-again", scene, &scene->pair_again_ns, &without->pair_again_ns);
    if (scene->keyed == WITHOUT_KEY || scene->keyed == WITH_NEW_KEY)
        return;
    report_lookup("keys-count", scene, &scene->lookup_ns);
    report_lookup("keys-count-cold", scene, &scene->cold_ns);
    report_lookup("keys-count-again", scene, &scene->again_ns);
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
    struct floor floor = {0};
    floor_open(&floor, scenes[1][WITH_KEY].standing);
    for (unsigned rep = 0; rep < common.reps; rep++) {
        for (int i = 0; i < 2 * KEYED_COUNT; i++) {
            measure_pairs(&scenes[i / KEYED_COUNT][i % KEYED_COUNT]);
            if (i % KEYED_COUNT != WITHOUT_KEY && i % KEYED_COUNT != WITH_NEW_KEY)
                measure_lookups(&scenes[i / KEYED_COUNT][i % KEYED_COUNT]);
        }
        floor_measure(&floor);
    }
    /* At the end: it leaves a slot parked, and who exchanges two would then get another's. */
    for (unsigned rep = 0; rep < common.reps; rep++)
        for (int i = 0; i < 2 * KEYED_COUNT; i++)
            measure_pairs_again(&scenes[i / KEYED_COUNT][i % KEYED_COUNT]);
    for (int size = 0; size < 2; size++) {
        for (int keyed = 0; keyed < KEYED_COUNT; keyed++) {
            report(&scenes[size][keyed], &scenes[size][WITHOUT_KEY]);
            scene_close(&scenes[size][keyed]);
        }
    }
    floor_report(&floor, scenes[1][WITH_KEY].standing);
    measure_chain(&common);
    return 0;
}
