/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the kernel tells of the socket of the entry that is open.
 */
#ifndef TOP_NETWORK_H
#define TOP_NETWORK_H

#include "net/fields.h"

struct top_network {    /* starts as {0} */
    connstat_id id;     /* of which entry it is; 0: of none */
    int64_t due_ns;     /* CLOCK_MONOTONIC: when to ask again */
    char problem[256];  /* why the kernel does not tell; "": it does */
    struct net_row row; /* its values; .socket points nowhere */
};

/* Ask about that entry, if it is another than before, or if it is time to ask again. */
void top_network_take(struct top_network *network, connstat_t *cs, connstat_id id);

#endif
