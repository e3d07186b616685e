/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What connstat list was asked for; and its shapes that are files of their own.
 */
#ifndef TOOLS_LISTING_H
#define TOOLS_LISTING_H

#include "net/asking.h"
#include "show/columns.h"
#include "show/selecting.h"

struct listing {
    const struct context *context;
    connstat_t *cs;
    struct selecting selecting;
    const char *sort;     /* NULL, or the field to sort by; "-" before it turns the order round */
    const char *group_by; /* NULL, or the field to group by */
    uint64_t limit;       /* how many rows to print at most */
    const char *column_names; /* NULL, or what --columns says */
    struct columns columns;
    bool is_quiet, follows;
    struct asking asking; /* about the network */
    struct network network;
    struct net_source source;
    double interval_seconds; /* 0: not given */
};

/* list_sorted needs memory for all entries that match; list_groups for each different value. Both return an
 * enum status. */
int list_sorted(struct listing *listing);
int list_groups(struct listing *listing);

#endif
