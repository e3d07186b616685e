/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * weak                             the names of the scenarios
 * weak sites                       each access that is not relaxed: FILE LINE FUNCTION N ORDER
 * weak SCENARIO ROUNDS SEED        exit status 0: it holds; 1: it fails, in the round that is told
 * weak SCENARIO ROUNDS SEED FILE FUNCTION N ORDER
 *                                  the same with the N-th order of the function that is not relaxed
 *                                  weaker
 */
#include "scenarios.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scenario *const scenarios[] = {
    &slot_scenario,       &parked_scenario,    &sweep_scenario, &update_scenario,
    &restored_scenario,   &taken_out_scenario, &move_scenario,  &listing_scenario,
    &counters_scenario,   &cluster_scenario,   &join_scenario,  &rejoin_scenario,
    &totals_scenario,     &live_scenario,      &extra_scenario, &linked_scenario,
    &handed_on_scenario,  &obituary_scenario,  &index_scenario, &told_scenario,
    &parked_key_scenario, &moving_scenario,    &limit_scenario, &log_scenario,
};
#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

static const char *const order_names[] = {
    [memory_order_relaxed] = "relaxed", [memory_order_consume] = "consume",
    [memory_order_acquire] = "acquire", [memory_order_release] = "release",
    [memory_order_acq_rel] = "acq_rel", [memory_order_seq_cst] = "seq_cst",
};

static void print_site(const struct weak_site *site)
{
    static const struct weak_site *last;
    static unsigned n;

    if (last == NULL || strcmp(last->function, site->function) != 0 ||
        strcmp(last->file, site->file) != 0)
        n = 0;
    last = site;
    for (int i = 0; i < 2; i++)
        if (site->orders[i] != memory_order_relaxed)
            printf("%s %d %s %u %s\n", site->file, site->line, site->function, ++n,
                   order_names[site->orders[i]]);
}

static int weaken(char **words)
{
    int order = -1;

    for (int i = 0; i < (int)(sizeof(order_names) / sizeof(order_names[0])); i++)
        if (strcmp(order_names[i], words[3]) == 0)
            order = i;
    if (order < 0 || weak_weaken(words[0], words[1], (unsigned)atoi(words[2]), order) < 0) {
        fprintf(stderr, "weak: no order %s of %s in %s\n", words[2], words[1], words[0]);
        return -1;
    }
    return 0;
}

static int run(const struct scenario *scenario, char **words)
{
    unsigned rounds = (unsigned)atoi(words[0]), round;

    scenario->setup();
    round = weak_run(scenario, rounds, strtoull(words[1], NULL, 10));
    if (round != 0)
        printf("%s fails in round %u of seed %s\n", scenario->name, round, words[1]);
    else
        printf("%s holds in %u rounds of seed %s\n", scenario->name, rounds, words[1]);
    return round != 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "sites") == 0) {
        weak_for_each_site(print_site);
        return 0;
    }
    if (argc == 8 && weaken(argv + 4) < 0)
        return 2;
    for (size_t i = 0; i < SCENARIOS; i++) {
        if (argc == 1)
            puts(scenarios[i]->name);
        else if ((argc == 4 || argc == 8) && strcmp(argv[1], scenarios[i]->name) == 0)
            return run(scenarios[i], argv + 2);
    }
    if (argc != 1)
        fprintf(stderr, "weak: no such scenario, or not as many words\n");
    return argc == 1 ? 0 : 2;
}
