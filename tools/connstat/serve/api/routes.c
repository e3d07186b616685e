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
    {"/", "the dashboard; what it shows is kept in its address",
     " segment range chart type search where key worker older idle group_by order sort page after ",
     ROUTE_PAGE, .is_open = true},
    {"/metrics", "for Prometheus, also as OpenMetrics", " segment ", ROUTE_DOCUMENT, .of_all = true,
     .content_type = "text/plain; version=0.0.4; charset=utf-8", .write = metrics},
    {"/healthz", "200 while there is a segment, else 503", " segment ", ROUTE_DOCUMENT,
     .is_open = true, .content_type = JSON, .write = api_health},
    {"/events", "server-sent events: a sample a second", " segment ", ROUTE_EVENTS},
    {"/api/v1", "this list", "", ROUTE_DOCUMENT, .content_type = JSON, .write = api_index},
    {"/api/v1/segments", "the segments served here, and how they are", "", ROUTE_DOCUMENT,
     .content_type = JSON, .write = api_segments},
    {"/api/v1/alerts", "what is wrong, of all segments or one", " segment ", ROUTE_DOCUMENT,
     .of_all = true, .content_type = JSON, .write = api_alerts},
    {"/api/v1/counts", "how many of each type, and totals", " segment ", ROUTE_DOCUMENT,
     .content_type = JSON, .write = api_counts},
    {"/api/v1/history", "the samples of the last seconds, column by column", " segment seconds ",
     ROUTE_DOCUMENT, .content_type = JSON, .write = api_history},
    {"/api/v1/entries", "entries, newest first; or how many by the values of a field",
     " segment type where key worker older idle search group_by order limit after net ",
     ROUTE_DOCUMENT, .content_type = JSON, .write = api_entries},
    {"/api/v1/workers", "living workers, the one with the most entries first",
     " segment limit offset ", ROUTE_DOCUMENT, .content_type = JSON, .write = api_workers},
    {"/api/v1/deaths", "the last deaths, the latest first", " segment limit before ",
     ROUTE_DOCUMENT, .content_type = JSON, .write = api_deaths},
    {"/api/v1/system", "machine, memory, descriptors and the segment itself", " segment ",
     ROUTE_DOCUMENT, .content_type = JSON, .write = api_system},
    {"/api/v1/cluster", "the counts over all nodes", " segment ", ROUTE_DOCUMENT,
     .content_type = JSON, .write = api_cluster},
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
