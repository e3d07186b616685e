/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/sample_json.h"

#include <string.h>

#include "format/json.h"
#include "format/names.h"

static void write_state(struct jsonw *json, const struct subject *subject, const char *problem)
{
    jsonw_text(json, "segment", subject->name);
    jsonw_text(json, "problem", problem);
}

static bool has_type(const struct sample *sample, const char *name)
{
    for (size_t i = 0; i < sample->type_count; i++) {
        if (strcmp(sample->types[i].name, name) == 0)
            return true;
    }
    return false;
}

/* A type whose name is that of a total is left out here; it stands among "types". */
static void write_counts(struct jsonw *json, const struct sample *sample)
{
    jsonw_open(json, "counts", '{');
    for (size_t i = 0; i < sample->type_count; i++) {
        const char *type = sample->types[i].name, *name = name_of_count(type);
        bool is_total =
            strcmp(name, "total_channels") == 0 || strcmp(name, "total_connections") == 0;
        if (!is_total)
            jsonw_unsigned(json, name != type && has_type(sample, name) ? type : name,
                           sample->types[i].live);
    }
    jsonw_unsigned(json, "total_channels", sample->total_channels);
    jsonw_unsigned(json, "total_connections", sample->total_connections);
    jsonw_close(json);
}

static void write_types(struct jsonw *json, const struct sample *sample)
{
    jsonw_open(json, "types", '[');
    for (size_t i = 0; i < sample->type_count; i++) {
        const struct sample_type *type = &sample->types[i];
        jsonw_open(json, NULL, '{');
        jsonw_text(json, "type", type->name);
        jsonw_text(json, "kind", name_of_kind(type->kind));
        jsonw_integer(json, "slots", type->slots);
        jsonw_integer(json, "slots_max", type->slots_max);
        jsonw_unsigned(json, "live", type->live);
        jsonw_unsigned(json, "opened", type->opened);
        jsonw_unsigned(json, "closed", type->closed);
        jsonw_unsigned(json, "lost", type->lost);
        jsonw_unsigned(json, "refused", type->refused);
        jsonw_close(json);
    }
    jsonw_close(json);
}

void sample_write_json(FILE *out, struct subject *subject, const struct sample *sample,
                       const char *problem, bool is_newest)
{
    struct jsonw json = jsonw_document(out);
    jsonw_unsigned(&json, "number", sample->number);
    jsonw_integer(&json, "at_ms", sample->at_ms);
    write_state(&json, subject, sample->created_at_ns ? NULL : problem);
    if (sample->created_at_ns) {
        jsonw_integer(&json, "created_at_ms", sample->created_at_ns / 1000000);
        jsonw_unsigned(&json, "workers", sample->workers);
        jsonw_unsigned(&json, "joins", sample->joins);
        jsonw_unsigned(&json, "deaths", sample->deaths);
        write_counts(&json, sample);
        write_types(&json, sample);
    }
    if (is_newest) {
        pthread_mutex_lock(&subject->lock);
        alerts_json(&json, "alerts", &subject->alerts);
        pthread_mutex_unlock(&subject->lock);
    }
    jsonw_close(&json);
}

struct columns {
    struct jsonw json;
    const struct window *window;
    size_t first;
};

typedef uint64_t column_value(const struct sample *sample, size_t type);

static uint64_t value_live(const struct sample *sample, size_t type)
{
    return sample->types[type].live;
}

static uint64_t value_opened(const struct sample *sample, size_t type)
{
    return sample->types[type].opened;
}

static uint64_t value_gone(const struct sample *sample, size_t type)
{
    return sample->types[type].closed + sample->types[type].lost;
}

static uint64_t value_workers(const struct sample *sample, size_t type)
{
    (void)type;
    return sample->workers;
}

static void write_column(struct columns *columns, const char *name, column_value *value,
                         size_t type)
{
    jsonw_open(&columns->json, name, '[');
    for (size_t i = columns->first; i < columns->window->count; i++) {
        const struct sample *sample = columns->window->samples[i];
        if (sample->created_at_ns)
            jsonw_unsigned(&columns->json, NULL, value(sample, type));
        else
            jsonw_text(&columns->json, NULL, NULL);
    }
    jsonw_close(&columns->json);
}

/* The types are those of the last sample that had any, and so of all samples: a window is of one
 * segment. */
static void write_type_columns(struct columns *columns, const struct sample *sample)
{
    struct jsonw *json = &columns->json;
    jsonw_open(json, "types", '[');
    for (size_t i = 0; sample && i < sample->type_count; i++) {
        const struct sample_type *type = &sample->types[i];
        jsonw_open(json, NULL, '{');
        jsonw_text(json, "type", type->name);
        jsonw_text(json, "count", name_of_count(type->name));
        jsonw_text(json, "kind", name_of_kind(type->kind));
        jsonw_integer(json, "slots", type->slots);
        jsonw_integer(json, "slots_max", type->slots_max);
        write_column(columns, "live", value_live, i);
        write_column(columns, "opened", value_opened, i);
        write_column(columns, "gone", value_gone, i);
        jsonw_close(json);
    }
    jsonw_close(json);
}

static const struct sample *last_attached(const struct window *window)
{
    for (size_t i = window->count; i > 0; i--) {
        if (window->samples[i - 1]->created_at_ns)
            return window->samples[i - 1];
    }
    return NULL;
}

void samples_write_json(FILE *out, const struct subject *subject, const struct window *window,
                        size_t first, const char *problem)
{
    struct columns columns = {jsonw_document(out), window, first};
    struct jsonw *json = &columns.json;
    write_state(json, subject, problem);
    jsonw_open(json, "at_ms", '[');
    for (size_t i = first; i < window->count; i++)
        jsonw_integer(json, NULL, window->samples[i]->at_ms);
    jsonw_close(json);
    write_column(&columns, "workers", value_workers, 0);
    write_type_columns(&columns, last_attached(window));
    jsonw_close(json);
}
