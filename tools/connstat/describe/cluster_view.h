/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a segment knows of its cluster, read together.
 */
#ifndef DESCRIBE_CLUSTER_VIEW_H
#define DESCRIBE_CLUSTER_VIEW_H

#include <connstat.h>

#include "format/json.h"

struct cluster_view {
    struct connstat_counts here;
    struct connstat_cluster_counts all;
    struct connstat_cluster_info info; /* .missing is of the same aggregate as .all */
};

/* Returns 0 or a negative errno. */
int cluster_view_read(struct cluster_view *view, connstat_t *cs);

/* The member "missing" of the object that is open. */
void cluster_view_missing_json(struct jsonw *json, const struct cluster_view *view);

#endif
