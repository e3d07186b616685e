/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The small documents: counts, history, system, cluster, health.
 */
#include "common/context.h"
#include "describe/cluster_view.h"
#include "describe/counts.h"
#include "describe/known.h"
#include "format/json.h"
#include "serve/api/documents.h"
#include "serve/api/parameters.h"
#include "serve/sample/sample_json.h"

unsigned api_counts(struct request *request)
{
    struct connstat_counts counts;
    if (!request->cs || connstat_counts(request->cs, &counts) != 0)
        return request_no_segment(request);
    struct jsonw json = request_document_of(request, SCHEMA_COUNTS);
    counts_json(&json, request->cs, &counts);
    jsonw_close(&json);
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
    struct subject *subject = request->subject;
    char buf[SOURCE_PROBLEM_BYTES];
    /* source_problem opens and closes other segments, which must not happen inside a read-side section
     * (source.h). So it is called before history_enter, which begins one. */
    const char *problem =
        source_handle(&subject->source) ? NULL : source_problem(&subject->source, buf, sizeof(buf));
    const struct window *window = history_enter(&subject->history);
    size_t first = window->count > seconds ? window->count - (size_t)seconds : 0;
    samples_write_json(request->out, subject, window, first, problem);
    history_leave();
    return MHD_HTTP_OK;
}

static uint64_t slots_max(connstat_t *cs)
{
    uint64_t sum = 0;
    for (int type = 0; type < connstat_type_count(cs); type++)
        sum += (uint64_t)connstat_type_maximum(cs, type);
    return sum;
}

static void write_info(struct jsonw *json, connstat_t *cs, const struct connstat_info *info)
{
    jsonw_text(json, "path", info->path);
    jsonw_unsigned(json, "size_bytes", info->size_bytes);
    jsonw_integer(json, "created_at_ms", info->created_at_ns / 1000000);
    jsonw_unsigned(json, "layout_version", info->layout_version);
    jsonw_unsigned(json, "slots", info->slots);
    jsonw_unsigned(json, "slots_max", slots_max(cs));
    jsonw_unsigned(json, "slots_used", info->slots_used);
    jsonw_unsigned(json, "reapers", info->reapers);
}

static void write_known(struct jsonw *json, const char *name, bool is_known, uint64_t number)
{
    if (is_known)
        jsonw_unsigned(json, name, number);
    else
        jsonw_text(json, name, NULL);
}

unsigned api_system(struct request *request)
{
    struct connstat_system system;
    struct connstat_info info;
    char uptime[32];
    struct known known;
    if (!request->cs || connstat_info(request->cs, &info) != 0 ||
        connstat_system_stats(request->cs, &system) != 0 || known_read(&known, request->cs) != 0)
        return request_no_segment(request);
    struct jsonw json = request_document(request);
    jsonw_text(&json, "node", system.node);
    jsonw_text(&json, "version", system.version);
    write_known(&json, "uptime_seconds", known.uptime, system.uptime_seconds);
    connstat_format_uptime(system.uptime_seconds, uptime, sizeof(uptime));
    jsonw_text(&json, "uptime", known.uptime ? uptime : NULL);
    jsonw_unsigned(&json, "cpus", system.cpus);
    jsonw_unsigned(&json, "workers", system.workers);
    jsonw_unsigned(&json, "max_workers", system.max_workers);
    write_known(&json, "open_fds", known.usage, system.open_fds);
    write_known(&json, "max_fds", known.usage, system.max_fds);
    write_known(&json, "memory_total_bytes", known.usage, system.memory_total_bytes);
    write_known(&json, "memory_workers_bytes", known.usage, system.memory_workers_bytes);
    jsonw_unsigned(&json, "memory_segment_bytes", system.memory_segment_bytes);
    jsonw_unsigned(&json, "cluster_size", system.cluster_size);
    write_info(&json, request->cs, &info);
    jsonw_close(&json);
    return MHD_HTTP_OK;
}

unsigned api_cluster(struct request *request)
{
    struct cluster_view view;
    if (!request->cs || cluster_view_read(&view, request->cs) != 0)
        return request_no_segment(request);
    struct jsonw json = request_document_of(request, SCHEMA_COUNTS);
    jsonw_bool(&json, "clustered", view.all.clustered);
    jsonw_unsigned(&json, "nodes", view.all.nodes);
    jsonw_unsigned(&json, "age_ms", view.all.age_ms);
    jsonw_text(&json, "node", view.info.node);
    jsonw_text(&json, "cluster", view.info.cluster);
    jsonw_integer(&json, "agent_pid", view.info.agent);
    jsonw_unsigned(&json, "lease_ms", view.info.lease_ms);
    cluster_view_missing_json(&json, &view);
    jsonw_open(&json, "counts", '{');
    counts_json(&json, request->cs, &view.all.counts);
    jsonw_close(&json);
    jsonw_close(&json);
    return MHD_HTTP_OK;
}

unsigned api_health(struct request *request)
{
    if (!request->cs)
        return request_no_segment(request);
    struct jsonw json = request_document(request);
    jsonw_text(&json, "status", "ok");
    jsonw_close(&json);
    return MHD_HTTP_OK;
}
