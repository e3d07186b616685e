/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef WEAK_SCENARIOS_H
#define WEAK_SCENARIOS_H

#include "machine.h"

/* slots.c */
extern const struct scenario slot_scenario, parked_scenario, sweep_scenario;
/* updates.c */
extern const struct scenario update_scenario, restored_scenario, taken_out_scenario,
    counters_scenario, move_scenario, listing_scenario, cluster_scenario;
/* lives.c */
extern const struct scenario join_scenario, rejoin_scenario, obituary_scenario;
/* tallies.c */
extern const struct scenario totals_scenario, live_scenario, extra_scenario, linked_scenario,
    handed_on_scenario;
/* growth.c */
extern const struct scenario log_scenario;
/* keys.c */
extern const struct scenario index_scenario, told_scenario, parked_key_scenario, moving_scenario,
    limit_scenario;

#endif
