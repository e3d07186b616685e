/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "describe/cluster_view.h"

#include <stdio.h>
#include <string.h>

#define TRIES 100 /* an agent writes once a period, so even a second try is rare */

int cluster_view_read(struct cluster_view *view, connstat_t *cs)
{
    struct connstat_cluster_info before;
    int tries = TRIES, error;
    do {
        error = connstat_cluster_info(cs, &before);
        connstat_counts(cs, &view->here);
        connstat_cluster_counts(cs, &view->all);
        if (error == 0)
            error = connstat_cluster_info(cs, &view->info);
    } while (error == 0 && strcmp(before.missing, view->info.missing) != 0 && --tries > 0);
    return error;
}

void cluster_view_missing_json(struct jsonw *json, const struct cluster_view *view)
{
    const char *names = view->info.missing;
    jsonw_open(json, "missing", '[');
    while (*names) {
        char name[sizeof(view->info.missing)];
        size_t length = strcspn(names, "\n");
        snprintf(name, sizeof(name), "%.*s", (int)length, names);
        jsonw_text(json, NULL, name);
        names += length + (names[length] == '\n');
    }
    jsonw_close(json);
}
