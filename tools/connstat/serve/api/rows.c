/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/api/rows.h"

#include "cli/segment.h"
#include "format/value.h"

void rows_time(struct jsonw *json, const char *name, int64_t time_ns)
{
    value_json(json, name, VALUE_TIME, &(struct value){.integer = time_ns});
}

void rows_seconds(struct jsonw *json, const char *name, double seconds)
{
    value_json(json, name, VALUE_SECONDS, &(struct value){.real = seconds});
}

void rows_process(struct jsonw *json, pid_t pid, pid_t tid, const char *label)
{
    jsonw_integer(json, "pid", pid);
    if (tid)
        jsonw_integer(json, "tid", tid);
    else
        jsonw_text(json, "tid", NULL);
    jsonw_text(json, "label", *label ? label : NULL);
}

void rows_tally(struct jsonw *json, const char *name, connstat_t *cs,
                const uint64_t counts[CONNSTAT_MAX_TYPES])
{
    const char *names[CONNSTAT_MAX_TYPES];
    size_t count = segment_count_names(cs, names);
    jsonw_open(json, name, '{');
    for (size_t i = 0; i < count; i++)
        jsonw_unsigned(json, names[i], counts[i]);
    jsonw_close(json);
}

struct jsonw rows_start(struct request *request, const char *rows, uint64_t total)
{
    struct jsonw json = request_document(request);
    jsonw_unsigned(&json, "total", total);
    jsonw_open(&json, rows, '[');
    return json;
}

void rows_end(struct jsonw *json)
{
    jsonw_close(json);
    jsonw_close(json);
}
