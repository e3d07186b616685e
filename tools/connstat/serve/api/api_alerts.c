/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What is wrong with which segment: for all that are served, or for the one that is named.
 */
#include "common/context.h"
#include "serve/api/documents.h"
#include "serve/sample/subject.h"

static struct jsonw start(struct request *request, const char *rows)
{
    struct jsonw json = jsonw_document(request->out);
    jsonw_open(&json, rows, '[');
    return json;
}

static void end(struct jsonw *json)
{
    jsonw_close(json);
    jsonw_close(json);
}

unsigned api_alerts(struct request *request)
{
    struct subject *taken[SUBJECTS_MAX];
    size_t count = subjects_take_asked(&request->service->subjects, request->subject, taken);
    struct jsonw json = start(request, "alerts");
    for (size_t i = 0; i < count; i++) {
        pthread_mutex_lock(&taken[i]->lock);
        alerts_json_rows(&json, taken[i]->name, &taken[i]->alerts);
        pthread_mutex_unlock(&taken[i]->lock);
    }
    end(&json);
    subjects_drop_all(&request->service->subjects, taken, count);
    return MHD_HTTP_OK;
}

static void write_levels(struct jsonw *json, struct subject *subject)
{
    uint64_t counts[ALERT_CRITICAL + 1] = {0};
    pthread_mutex_lock(&subject->lock);
    for (size_t i = 0; i < subject->alerts.count; i++)
        counts[subject->alerts.rows[i].level]++;
    pthread_mutex_unlock(&subject->lock);
    jsonw_open(json, "alerts", '{');
    for (size_t i = 0; i <= ALERT_CRITICAL; i++)
        jsonw_unsigned(json, name_of_alert_level((enum alert_level)i), counts[i]);
    jsonw_close(json);
}

static void write_segment(struct jsonw *json, struct subject *subject)
{
    char problem[SOURCE_PROBLEM_BYTES];
    struct connstat_counts counts;
    connstat_t *cs = source_handle(&subject->source);
    jsonw_open(json, NULL, '{');
    jsonw_text(json, "segment", subject->name);
    jsonw_text(json, "problem",
               cs ? NULL : source_problem(&subject->source, problem, sizeof(problem)));
    if (cs && connstat_counts(cs, &counts) == 0) {
        jsonw_unsigned(json, "total_channels", counts.total_channels);
        jsonw_unsigned(json, "total_connections", counts.total_connections);
    }
    write_levels(json, subject);
    jsonw_close(json);
}

unsigned api_segments(struct request *request)
{
    struct subject *taken[SUBJECTS_MAX];
    size_t count = subjects_take_asked(&request->service->subjects, NULL, taken);
    struct jsonw json = start(request, "segments");
    for (size_t i = 0; i < count; i++)
        write_segment(&json, taken[i]);
    end(&json);
    subjects_drop_all(&request->service->subjects, taken, count);
    return MHD_HTTP_OK;
}
