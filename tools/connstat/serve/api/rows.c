/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/api/rows.h"

#include "cli/segment.h"
#include "common/context.h"
#include "common/failure.h"
#include "format/value.h"

void rows_time(struct json *json, const char *name, int64_t time_ns)
{
    value_json(json, name, VALUE_TIME, &(struct value){.integer = time_ns});
}

void rows_seconds(struct json *json, const char *name, double seconds)
{
    value_json(json, name, VALUE_SECONDS, &(struct value){.real = seconds});
}

void rows_process(struct json *json, pid_t pid, pid_t tid, const char *label)
{
    json_integer(json, "pid", pid);
    if (tid)
        json_integer(json, "tid", tid);
    else
        json_text(json, "tid", NULL);
    json_text(json, "label", *label ? label : NULL);
}

void rows_tally(struct json *json, const char *name, connstat_t *cs,
                const uint64_t counts[CONNSTAT_MAX_TYPES])
{
    const char *names[CONNSTAT_MAX_TYPES];
    size_t count = segment_count_names(cs, names);
    json_open(json, name, '{');
    for (size_t i = 0; i < count; i++)
        json_unsigned(json, names[i], counts[i]);
    json_close(json);
}

struct json rows_start(struct request *request, const char *rows, uint64_t total)
{
    struct json json = json_start(request->out);
    json_open(&json, NULL, '{');
    json_unsigned(&json, "schema", SCHEMA);
    json_text(&json, "segment", segment_name(request->service->sampler.source.name));
    json_unsigned(&json, "total", total);
    json_open(&json, rows, '[');
    return json;
}

void rows_end(struct json *json)
{
    json_close(json);
    json_close(json);
}
