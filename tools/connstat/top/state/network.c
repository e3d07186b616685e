/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/state/network.h"

#include "common/clock.h"

struct asking {
    struct top_network *top;
    struct network network;
};

static int read_row(const struct connstat_entry *entry, void *arg)
{
    struct asking *asking = arg;
    net_row(&asking->network, entry, &asking->top->row);
    asking->top->row.socket = NULL; /* it goes with the network; its values are copies */
    return 0;
}

static void ask(struct top_network *top, connstat_t *cs)
{
    struct asking asking = {top, {0}};
    top->row = (struct net_row){.standing = STANDING_NONE};
    *top->problem = '\0';
    if (connstat_get(cs, top->id, network_want, &asking.network) == 0 &&
        network_ask(&asking.network, cs, top->problem, sizeof(top->problem)) == 0)
        connstat_get(cs, top->id, read_row, &asking);
    network_free(&asking.network);
}

/* Ten times as long as it takes to ask passes until the next time, or a second. */
void top_network_take(struct top_network *network, connstat_t *cs, connstat_id id)
{
    int64_t started_ns = clock_monotonic_ns();
    if (network->id == id && started_ns < network->due_ns)
        return;
    network->id = id;
    ask(network, cs);
    int64_t now_ns = clock_monotonic_ns(), took_ns = now_ns - started_ns;
    network->due_ns = now_ns + (10 * took_ns > 1000000000 ? 10 * took_ns : 1000000000);
}
