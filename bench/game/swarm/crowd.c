/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "swarm/crowd.h"

struct swarm_options swarm_options = {
    .clients = 1000, .rate = 500, .seconds = 10, .reconnect = 20, .first_user = 1};
struct swarm_counters swarm_counters;
struct client *swarm_clients;
bool swarm_churning;
