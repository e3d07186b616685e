/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * churn: workers that register and unregister as fast as they can, on connstat and on its peers.
 */
#include "measure.h"
#include "options.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cell { /* one combination of everything that varies */
    const struct peer *peer;
    struct peer_shape shape;
    bool hot;
    enum op op;
    struct workload workload;
    void *table;
    struct crew *crew;
    struct cell *floor; /* the same for the floor */
    struct samples ns, rate;
};

struct seat_state {
    const struct cell *cell;
    void *session;
    struct churn churn;
};

static void *seat_begin(void *arg, unsigned seat)
{
    const struct cell *cell = arg;
    struct seat_state *state = calloc(1, sizeof(*state));
    if (state == NULL)
        bench_fail("no memory");
    state->cell = cell;
    state->churn.workload = &cell->workload;
    state->churn.standing = cell->shape.standing / peer_seats(&cell->shape);
    state->churn.random = 88172645463325252u + seat;
    state->churn.hot = cell->hot;
    state->churn.ids = calloc(state->churn.standing, sizeof(*state->churn.ids));
    if (state->churn.ids == NULL)
        bench_fail("no memory");
    state->session = cell->peer->attach(cell->table, seat);
    cell->peer->fill(state->session, &state->churn);
    return state;
}

static uint64_t seat_pairs(void *arg)
{
    struct seat_state *state = arg;
    const struct peer *peer = state->cell->peer;
    peer->pairs(state->session, &state->churn, peer->chunk);
    return peer->chunk;
}

/* What stands is known here, which also proves that every peer does the work. */
static uint64_t seat_counts(void *arg)
{
    struct seat_state *state = arg;
    const struct cell *cell = state->cell;
    uint64_t expected = state->churn.standing * peer_seats(&cell->shape);
    for (unsigned i = 0; i < cell->peer->chunk; i++)
        if (cell->peer->counts(state->session) != expected)
            bench_fail("%s counts wrong", cell->peer->name);
    return cell->peer->chunk;
}

static void seat_end(void *arg)
{
    struct seat_state *state = arg;
    state->cell->peer->detach(state->session);
    free(state->churn.ids);
    free(state);
}

static void cell_open(struct cell *cell)
{
    workload_make(&cell->workload, cell->shape.metadata_bytes);
    cell->table = cell->peer->create(&cell->shape);
    struct crew_task task = {
        .begin = seat_begin,
        .step = cell->op == OP_COUNTS ? seat_counts : seat_pairs,
        .end = seat_end,
        .arg = cell,
    };
    cell->crew = crew_hire(&task, cell->shape.workers, cell->shape.threads, 0);
}

static void cell_close(struct cell *cell)
{
    crew_dismiss(cell->crew);
    cell->peer->destroy(cell->table);
}

static void cell_measure(struct cell *cell, const struct options *options)
{
    struct crew_result result = crew_round(cell->crew, options->duration_ns, options->clock);
    samples_add(&cell->ns, result.ns_per_unit);
    samples_add(&cell->rate, result.units_per_s);
}

/* Calls back for every combination; the peers of one follow each other, the floor first. */
static void combine(const struct options *o,
                    void (*make)(void *arg, const struct peer *peer, struct peer_shape shape,
                                 bool hot),
                    void *arg)
{
    for (unsigned n = 0; n < o->standing.count; n++)
        for (unsigned b = 0; b < o->metadata.count; b++)
            for (unsigned w = 0; w < o->workers.count; w++)
                for (unsigned t = 0; t < o->threads.count; t++)
                    for (int hot = !o->random; hot <= o->hot; hot++)
                        for (unsigned p = 0; p < o->peer_count; p++)
                            make(arg, o->peers[p],
                                 (struct peer_shape){(unsigned)o->workers.values[w],
                                                     (unsigned)o->threads.values[t],
                                                     o->standing.values[n], o->metadata.values[b]},
                                 hot);
}

struct plan {
    struct cell *cells;
    unsigned count, room;
    const struct options *options;
};

static void plan_add(void *arg, const struct peer *peer, struct peer_shape shape, bool hot)
{
    struct plan *plan = arg;
    if (plan->count == plan->room) {
        plan->room = plan->room * 2 + 8;
        plan->cells = realloc(plan->cells, plan->room * sizeof(*plan->cells));
        if (plan->cells == NULL)
            bench_fail("no memory");
    }
    plan->cells[plan->count++] =
        (struct cell){.peer = peer, .shape = shape, .hot = hot, .op = plan->options->op};
}

static void json_print(const struct cell *cell, const struct options *options)
{
    struct samples ratio;
    samples_ratio(&cell->ns, &cell->floor->ns, &ratio);
    printf("{\"bench\": \"%s\", \"peer\": \"%s\", \"workers\": %u, \"threads\": %u, "
           "\"standing\": %llu, \"metadata\": %zu, \"mode\": \"%s\", \"clock\": \"%s\", "
           "\"reps\": %zu, ",
           cell->op == OP_COUNTS ? "churn-counts" : "churn", cell->peer->name, cell->shape.workers,
           cell->shape.threads, (unsigned long long)cell->shape.standing,
           cell->shape.metadata_bytes, cell->hot ? "hot" : "random",
           options->clock == CREW_CPU ? "cpu" : "wall", cell->ns.count);
    printf("\"ns_per_pair\": %.2f, \"pairs_per_s\": %.0f, \"floor_ns_per_pair\": %.2f, "
           "\"ratio_to_floor\": %.3f, \"spread\": %.3f, \"ratio_spread\": %.3f, ",
           samples_median(&cell->ns), samples_median(&cell->rate), samples_median(&cell->floor->ns),
           samples_median(&ratio), samples_spread(&cell->ns), samples_spread(&ratio));
    samples_print("samples_ns_per_pair", &cell->ns);
    printf(", ");
    samples_print("samples_pairs_per_s", &cell->rate);
    printf("}\n");
}

static void row_print(const struct cell *cell)
{
    struct samples ratio;
    samples_ratio(&cell->ns, &cell->floor->ns, &ratio);
    printf("%-17s %3ux%-2u %9llu %5zu  %-6s %11.1f %12.0f %10.2f %6.1f%%\n", cell->peer->name,
           cell->shape.workers, cell->shape.threads, (unsigned long long)cell->shape.standing,
           cell->shape.metadata_bytes, cell->hot ? "hot" : "random", samples_median(&cell->ns),
           samples_median(&cell->rate), samples_median(&ratio), 100 * samples_spread(&cell->ns));
}

static void report(const struct plan *plan)
{
    if (!plan->options->json)
        printf("%-17s %-6s %9s %5s  %-6s %11s %12s %10s %7s\n", "peer", "crew", "standing", "bytes",
               "mode", "ns each", "each/s", "x floor", "spread");
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->options->json)
            json_print(&plan->cells[i], plan->options);
        else
            row_print(&plan->cells[i]);
}

int main(int argc, char **argv)
{
    struct options options;
    options_parse(&options, argc, argv);
    scratch_make();

    struct plan plan = {.options = &options};
    combine(&options, plan_add, &plan);
    for (unsigned i = 0; i < plan.count; i++) {
        plan.cells[i].floor = &plan.cells[i - i % options.peer_count];
        cell_open(&plan.cells[i]);
    }
    for (unsigned rep = 0; rep < options.reps; rep++)
        for (unsigned i = 0; i < plan.count; i++)
            cell_measure(&plan.cells[i], &options);
    for (unsigned i = 0; i < plan.count; i++)
        cell_close(&plan.cells[i]);
    report(&plan);
    free(plan.cells);
    return 0;
}
