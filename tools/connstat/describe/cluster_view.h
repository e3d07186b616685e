/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the agent wrote into a segment about the cluster, read as of one moment.
 */
#ifndef DESCRIBE_CLUSTER_VIEW_H
#define DESCRIBE_CLUSTER_VIEW_H

#include <connstat.h>

#include "format/json.h"

struct cluster_view {
    struct connstat_counts here;
    struct connstat_cluster_counts all;
    struct connstat_cluster_info info; /* .missing and .all are of the same aggregate */
};

/* Returns 0 or a negative errno. */
int cluster_view_read(struct cluster_view *view, connstat_t *cs);

/* Write the member "missing" of the object that is open: the names of missing nodes. */
void cluster_view_missing_json(struct jsonw *json, const struct cluster_view *view);

#endif
