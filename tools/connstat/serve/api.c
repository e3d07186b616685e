/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The small documents: counts, history, system, cluster, health.
 */
#include <string.h>

#include "command.h"
#include "counts.h"
#include "failure.h"
#include "json.h"
#include "parameters.h"
#include "routes.h"
#include "sample_json.h"

static struct json start_document(struct request *request)
{
    struct json json = json_start(request->out);
    json_open(&json, NULL, '{');
    json_unsigned(&json, "schema", SCHEMA);
    json_text(&json, "segment", segment_name(request->server->attachment.name));
    return json;
}

unsigned api_counts(struct request *request)
{
    struct connstat_counts counts;
    if (!request->cs || connstat_counts(request->cs, &counts) != 0)
        return request_no_segment(request);
    struct json json = start_document(request);
    counts_json(&json, request->cs, &counts);
    json_close(&json);
    return MHD_HTTP_OK;
}

static unsigned take_seconds(struct request *request, const char *name, const char *value,
                             void *arg)
{
    return parameter_number(request, name, value, 1, HISTORY_SECONDS, arg);
}

unsigned api_history(struct request *request)
{
    uint64_t seconds = 600;
    unsigned status = parameters_read(request, take_seconds, &seconds);
    if (status)
        return status;
    struct history *history = &request->server->history;
    const struct window *window = history_enter(history);
    size_t first = window->count > seconds ? window->count - (size_t)seconds : 0;
    samples_write_json(request->out, &request->server->attachment, window, first);
    history_leave();
    return MHD_HTTP_OK;
}

static void write_info(struct json *json, const struct connstat_info *info)
{
    json_text(json, "path", info->path);
    json_unsigned(json, "size_bytes", info->size_bytes);
    json_integer(json, "created_at_ms", info->created_at_ns / 1000000);
    json_unsigned(json, "layout_version", info->layout_version);
    json_unsigned(json, "slots", info->slots);
    json_unsigned(json, "slots_used", info->slots_used);
    json_unsigned(json, "reapers", info->reapers);
}

unsigned api_system(struct request *request)
{
    struct connstat_system system;
    struct connstat_info info;
    char uptime[32];
    if (!request->cs || connstat_info(request->cs, &info) != 0 ||
        connstat_system_stats(request->cs, &system) != 0)
        return request_no_segment(request);
    struct json json = start_document(request);
    json_text(&json, "node", system.node);
    json_text(&json, "version", system.version);
    json_unsigned(&json, "uptime_seconds", system.uptime_seconds);
    json_text(&json, "uptime",
              connstat_format_uptime(system.uptime_seconds, uptime, sizeof(uptime)));
    json_unsigned(&json, "cpus", system.cpus);
    json_unsigned(&json, "workers", system.workers);
    json_unsigned(&json, "max_workers", system.max_workers);
    json_unsigned(&json, "open_fds", system.open_fds);
    json_unsigned(&json, "max_fds", system.max_fds);
    json_unsigned(&json, "memory_total_bytes", system.memory_total_bytes);
    json_unsigned(&json, "memory_workers_bytes", system.memory_workers_bytes);
    json_unsigned(&json, "memory_segment_bytes", system.memory_segment_bytes);
    json_unsigned(&json, "cluster_size", system.cluster_size);
    write_info(&json, &info);
    json_close(&json);
    return MHD_HTTP_OK;
}

static void write_missing(struct json *json, char *names)
{
    json_open(json, "missing", '[');
    for (char *name; (name = strsep(&names, "\n"));) {
        if (*name)
            json_text(json, NULL, name);
    }
    json_close(json);
}

unsigned api_cluster(struct request *request)
{
    struct connstat_cluster_counts cluster;
    struct connstat_cluster_info info;
    if (!request->cs || connstat_cluster_counts(request->cs, &cluster) != 0 ||
        connstat_cluster_info(request->cs, &info) != 0)
        return request_no_segment(request);
    struct json json = start_document(request);
    json_bool(&json, "clustered", cluster.clustered);
    json_unsigned(&json, "nodes", cluster.nodes);
    json_unsigned(&json, "age_ms", cluster.age_ms);
    json_text(&json, "node", info.node);
    json_text(&json, "cluster", info.cluster);
    json_integer(&json, "agent_pid", info.agent);
    json_unsigned(&json, "lease_ms", info.lease_ms);
    write_missing(&json, info.missing);
    json_open(&json, "counts", '{');
    counts_json(&json, request->cs, &cluster.counts);
    json_close(&json);
    json_close(&json);
    return MHD_HTTP_OK;
}

unsigned api_health(struct request *request)
{
    if (!request->cs)
        return request_no_segment(request);
    struct json json = start_document(request);
    json_text(&json, "status", "ok");
    json_close(&json);
    return MHD_HTTP_OK;
}
