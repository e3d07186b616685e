/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * lives: what update, touch and move cost, beside a registration alone; and what a worker that
 * updates without pause costs one who lists, who must miss none.
 */
#include "common.h"
#include "segment.h"

#include <stdlib.h>

/* ---- single calls --------------------------------------------------------------------------- */

struct table {
    connstat_t *cs;
    const struct workload *workload;
    uint64_t standing;
    connstat_id *ids; /* in the order in which they are used: not that of their slots */
    unsigned turn;    /* other metadata in each round */
};

static const struct record *record_of(const struct table *table, uint64_t i)
{
    return &table->workload->records[(i + table->turn) % WORKLOAD_RECORDS];
}

static void register_fields(struct table *table, uint64_t i)
{
    const struct record *record = record_of(table, i);
    must(connstat_register(table->cs, 0, record->fields, record->field_count, &table->ids[i]),
         "connstat_register");
}

static void register_encoded(struct table *table, uint64_t i)
{
    const struct record *record = record_of(table, i);
    must(connstat_register_encoded(table->cs, 0, record->encoded, record->size, &table->ids[i]),
         "connstat_register_encoded");
}

static void unregister(struct table *table, uint64_t i)
{
    must(connstat_unregister(table->cs, table->ids[i]), "connstat_unregister");
    table->ids[i] = 0;
}

static void update_fields(struct table *table, uint64_t i)
{
    const struct record *record = record_of(table, i);
    must(connstat_update(table->cs, table->ids[i], record->fields, record->field_count),
         "connstat_update");
}

static void update_encoded(struct table *table, uint64_t i)
{
    const struct record *record = record_of(table, i);
    must(connstat_update_encoded(table->cs, table->ids[i], record->encoded, record->size),
         "connstat_update_encoded");
}

static void touch(struct table *table, uint64_t i)
{
    must(connstat_touch(table->cs, table->ids[i]), "connstat_touch");
}

/* What touch cannot do without. */
static void read_clock(struct table *table, uint64_t i)
{
    struct timespec now;
    (void)table, (void)i;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    __asm__ volatile("" : : "r"(now.tv_nsec) : "memory");
}

static void move_there(struct table *table, uint64_t i)
{
    must(connstat_move(table->cs, &table->ids[i], 1, NULL, 0), "connstat_move");
}

static void move_back(struct table *table, uint64_t i)
{
    must(connstat_move(table->cs, &table->ids[i], 0, NULL, 0), "connstat_move");
}

struct call {
    const char *name;
    void (*call)(struct table *table, uint64_t i);
    void (*before)(struct table *table, uint64_t i); /* for all of them, not measured */
    struct samples ns;
};

/* Each of them is called for all entries, in the same order. */
static void measure_call(struct table *table, struct call *call)
{
    for (uint64_t i = 0; call->before != NULL && i < table->standing; i++)
        call->before(table, i);
    table->turn++;
    uint64_t start = cpu_ns();
    for (uint64_t i = 0; i < table->standing; i++)
        call->call(table, i);
    samples_add(&call->ns, (double)(cpu_ns() - start) / (double)table->standing);
}

static void print_call(const struct table *table, const struct call *call, const struct call *alone)
{
    struct samples ratio;
    samples_ratio(&call->ns, &alone->ns, &ratio);
    result_print("lives", &call->ns,
                 "\"unit\": \"ns\", \"call\": \"%s\", \"standing\": %llu, \"alone\": \"%s\", "
                 "\"ratio\": %.4f, \"ratio_spread\": %.4f,",
                 call->name, (unsigned long long)table->standing, alone->name,
                 samples_median(&ratio), samples_spread(&ratio));
}

/* What a call is compared with. */
static const struct call *alone_of(const struct call *calls, unsigned i)
{
    if (calls[i].call == read_clock)
        return &calls[i - 1]; /* touch */
    return &calls[calls[i].call == update_encoded];
}

static void measure_calls(const struct common *common, const struct workload *workload,
                          uint64_t standing)
{
    struct call calls[] = {
        {.name = "register", .call = register_fields, .before = unregister},
        {.name = "register_encoded", .call = register_encoded, .before = unregister},
        {.name = "update", .call = update_fields},
        {.name = "update_encoded", .call = update_encoded},
        {.name = "touch", .call = touch},
        {.name = "clock", .call = read_clock},
        {.name = "move", .call = move_there},
        {.name = "move back", .call = move_back},
    };
    enum { CALLS = sizeof(calls) / sizeof(calls[0]), MOVES = 2, OTHER_TYPES_HOLD = 1024 };
    unsigned count = standing <= OTHER_TYPES_HOLD ? CALLS : CALLS - MOVES;
    struct table table = {.cs = segment_make((uint32_t)(standing + 64)),
                          .workload = workload,
                          .standing = standing,
                          .ids = calloc(standing, sizeof(*table.ids))};
    if (table.ids == NULL)
        bench_fail("no memory");
    for (uint64_t i = 0; i < standing; i++)
        register_encoded(&table, i);
    for (unsigned rep = 0; rep < common->reps; rep++)
        for (unsigned i = 0; i < count; i++)
            measure_call(&table, &calls[i]);
    for (unsigned i = 0; i < count; i++)
        print_call(&table, &calls[i], alone_of(calls, i));
    free(table.ids);
    segment_drop(table.cs);
}

/* ---- a list beside updates ------------------------------------------------------------------ */

enum { UPDATES = 256 };

struct worker {
    connstat_t *cs;
    const struct workload *workload;
    uint64_t standing, random, turn;
    connstat_id *ids;
};

static void *worker_begin(void *arg, unsigned seat)
{
    (void)seat;
    struct worker *worker = malloc(sizeof(*worker));
    if (worker == NULL)
        bench_fail("no memory");
    *worker = *(const struct worker *)arg;
    worker->ids = calloc(worker->standing, sizeof(*worker->ids));
    if (worker->ids == NULL)
        bench_fail("no memory");
    for (uint64_t i = 0; i < worker->standing; i++) {
        const struct record *record = &worker->workload->records[i % WORKLOAD_RECORDS];
        must(connstat_register_encoded(worker->cs, 0, record->encoded, record->size,
                                       &worker->ids[i]),
             "connstat_register_encoded");
    }
    return worker;
}

static uint64_t worker_step(void *arg)
{
    struct worker *worker = arg;
    for (unsigned i = 0; i < UPDATES; i++) {
        const struct record *record = &worker->workload->records[worker->turn++ % WORKLOAD_RECORDS];
        connstat_id id = worker->ids[random_below(&worker->random, worker->standing)];
        must(connstat_update_encoded(worker->cs, id, record->encoded, record->size),
             "connstat_update_encoded");
    }
    return UPDATES;
}

struct reader {
    connstat_t *cs;
    uint64_t standing, fields;
};

static void *reader_begin(void *arg, unsigned seat)
{
    (void)seat;
    return arg;
}

static int visit(const struct connstat_entry *entry, void *arg)
{
    struct reader *reader = arg;
    if (entry->metadata_count != WORKLOAD_FIELDS)
        bench_fail("an entry with %zu fields is listed", entry->metadata_count);
    reader->fields += entry->metadata_count;
    return 0;
}

/* One list. Who misses an entry that lives ends the bench. */
static uint64_t reader_step(void *arg)
{
    struct reader *reader = arg;
    int64_t visited = connstat_for_each(reader->cs, 0, visit, reader);
    if (visited != (int64_t)reader->standing)
        bench_fail("%lld entries listed, %llu live", (long long)visited,
                   (unsigned long long)reader->standing);
    return reader->standing;
}

struct scene {
    const char *name;
    bool updates;
    struct samples ns;
};

static void measure_lists(const struct common *common, const struct workload *workload,
                          uint64_t standing)
{
    uint64_t duration_ns = pick(common, 200000000, 20000000);
    connstat_t *cs = segment_make((uint32_t)standing);
    struct worker start = {cs, workload, standing, 88172645463325252u, 0, NULL};
    struct reader reader = {cs, standing, 0};
    struct crew_task work = {worker_begin, worker_step, NULL, &start};
    struct crew_task read = {reader_begin, reader_step, NULL, &reader};
    struct crew *worker = crew_hire(&work, 1, 1, 0), *observer = crew_hire(&read, 1, 1, 1);
    struct scene scenes[] = {{.name = "never updated"},
                             {.name = "updated before"},
                             {.name = "being updated", .updates = true}};
    enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };

    /* Those that were never updated come first, since they cannot be had again. */
    for (unsigned rep = 0; rep < common->reps; rep++)
        samples_add(&scenes[0].ns, crew_round(observer, duration_ns, CREW_CPU).ns_per_unit);
    for (unsigned rep = 0; rep < common->reps; rep++)
        for (unsigned i = 1; i < SCENES; i++) {
            if (scenes[i].updates)
                crew_start(worker, duration_ns * 11 / 10, CREW_WALL);
            else
                crew_round(worker, duration_ns / 10, CREW_CPU);
            struct crew_result result = crew_round(observer, duration_ns, CREW_CPU);
            if (scenes[i].updates)
                crew_wait(worker);
            samples_add(&scenes[i].ns, result.ns_per_unit);
        }
    for (unsigned i = 0; i < SCENES; i++) {
        struct samples ratio;
        samples_ratio(&scenes[i].ns, &scenes[0].ns, &ratio);
        result_print("lives-list", &scenes[i].ns,
                     "\"unit\": \"ns\", \"entries\": \"%s\", \"standing\": %llu, \"ratio\": %.4f, "
                     "\"ratio_spread\": %.4f,",
                     scenes[i].name, (unsigned long long)standing, samples_median(&ratio),
                     samples_spread(&ratio));
    }
    crew_dismiss(observer);
    crew_dismiss(worker);
    segment_drop(cs);
}

int main(int argc, char **argv)
{
    struct common common;
    common_start(&common, argc, argv,
                 "Cost of update, touch and move, and of a list beside a worker that updates "
                 "without pause, in ns.");

    static struct workload workload;
    workload_make(&workload, 64);
    measure_calls(&common, &workload, 1000);
    measure_calls(&common, &workload, pick(&common, 100000, 2000));
    measure_lists(&common, &workload, 1000);
    measure_lists(&common, &workload, pick(&common, 100000, 2000));
    return 0;
}
