/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/api/routes.h"

#include <string.h>

#include "format/json.h"
#include "serve/api/documents.h"

#define JSON "application/json"

static unsigned api_index(struct request *request);

static const struct route routes[] = {
    {"/", "the dashboard", "", ROUTE_PAGE, NULL, NULL},
    {"/metrics", "for Prometheus", "", ROUTE_DOCUMENT, "text/plain; version=0.0.4; charset=utf-8",
     metrics},
    {"/healthz", "200 while there is a segment, else 503", "", ROUTE_DOCUMENT, JSON, api_health},
    {"/events", "server-sent events: a sample a second", "", ROUTE_EVENTS, NULL, NULL},
    {"/api/v1", "this list", "", ROUTE_DOCUMENT, JSON, api_index},
    {"/api/v1/counts", "how many of each type, and totals", "", ROUTE_DOCUMENT, JSON, api_counts},
    {"/api/v1/history", "the samples of the last seconds, column by column", " seconds ",
     ROUTE_DOCUMENT, JSON, api_history},
    {"/api/v1/entries", "entries, newest first; or how many by the values of a field",
     " type where key worker older search group_by order limit after ", ROUTE_DOCUMENT, JSON,
     api_entries},
    {"/api/v1/workers", "living workers, the one with the most entries first", " limit offset ",
     ROUTE_DOCUMENT, JSON, api_workers},
    {"/api/v1/deaths", "the last deaths, the latest first", " limit before ", ROUTE_DOCUMENT, JSON,
     api_deaths},
    {"/api/v1/system", "machine, memory, descriptors and the segment itself", "", ROUTE_DOCUMENT,
     JSON, api_system},
    {"/api/v1/cluster", "the counts over all nodes", "", ROUTE_DOCUMENT, JSON, api_cluster},
};

const struct route *route_find(const char *path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        if (strcmp(path, routes[i].path) == 0)
            return &routes[i];
    }
    return NULL;
}

static void write_parameters(struct jsonw *json, const char *parameters)
{
    char names[128];
    char *rest = strncpy(names, parameters, sizeof(names) - 1);
    names[sizeof(names) - 1] = '\0';
    jsonw_open(json, "parameters", '[');
    for (char *name; (name = strsep(&rest, " "));) {
        if (*name)
            jsonw_text(json, NULL, name);
    }
    jsonw_close(json);
}

static unsigned api_index(struct request *request)
{
    struct jsonw json = jsonw_document(request->out);
    jsonw_text(&json, "version", connstat_version());
    jsonw_open(&json, "paths", '[');
    for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        jsonw_open(&json, NULL, '{');
        jsonw_text(&json, "path", routes[i].path);
        jsonw_text(&json, "summary", routes[i].summary);
        write_parameters(&json, routes[i].parameters);
        jsonw_close(&json);
    }
    jsonw_close(&json);
    jsonw_close(&json);
    return MHD_HTTP_OK;
}
