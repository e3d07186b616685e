/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "sample_json.h"

#include "command.h"
#include "failure.h"
#include "json.h"
#include "names.h"

static void write_state(struct json *json, struct attachment *attachment, bool attached)
{
    char problem[512];
    json_text(json, "segment", segment_name(attachment->name));
    json_text(json, "problem",
              attached ? NULL : attachment_problem(attachment, problem, sizeof(problem)));
}

/* The types of the segment that is attached now, or none where it is not the sample's. */
static size_t count_types(connstat_t *cs, const struct sample *sample)
{
    struct connstat_info info;
    if (!cs || connstat_info(cs, &info) != 0 || info.created_at_ns != sample->created_at_ns)
        return 0;
    return sample->type_count;
}

static void write_counts(struct json *json, connstat_t *cs, const struct sample *sample,
                         size_t type_count)
{
    json_open(json, "counts", '{');
    for (size_t i = 0; i < type_count; i++) {
        const char *name = connstat_type_name(cs, (int)i);
        if (name)
            json_unsigned(json, name_of_count(name), sample->types[i].live);
    }
    json_unsigned(json, "total_channels", sample->total_channels);
    json_unsigned(json, "total_connections", sample->total_connections);
    json_close(json);
}

static void write_types(struct json *json, connstat_t *cs, const struct sample *sample,
                        size_t type_count)
{
    json_open(json, "types", '[');
    for (size_t i = 0; i < type_count; i++) {
        const struct sample_type *type = &sample->types[i];
        json_open(json, NULL, '{');
        json_text(json, "type", connstat_type_name(cs, (int)i));
        json_unsigned(json, "live", type->live);
        json_unsigned(json, "opened", type->opened);
        json_unsigned(json, "closed", type->closed);
        json_unsigned(json, "lost", type->lost);
        json_unsigned(json, "refused", type->refused);
        json_close(json);
    }
    json_close(json);
}

void sample_write_json(FILE *out, struct attachment *attachment, const struct sample *sample)
{
    struct json json = json_start(out);
    json_open(&json, NULL, '{');
    json_unsigned(&json, "schema", SCHEMA);
    json_unsigned(&json, "number", sample->number);
    json_integer(&json, "at_ms", sample->at_ms);
    write_state(&json, attachment, sample->created_at_ns != 0);
    if (sample->created_at_ns) {
        connstat_t *cs = attachment_handle(attachment);
        size_t type_count = count_types(cs, sample);
        json_integer(&json, "created_at_ms", sample->created_at_ns / 1000000);
        json_unsigned(&json, "workers", sample->workers);
        json_unsigned(&json, "joins", sample->joins);
        json_unsigned(&json, "deaths", sample->deaths);
        write_counts(&json, cs, sample, type_count);
        write_types(&json, cs, sample, type_count);
    }
    json_close(&json);
}

struct columns {
    struct json json;
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
    json_open(&columns->json, name, '[');
    for (size_t i = columns->first; i < columns->window->count; i++) {
        const struct sample *sample = columns->window->samples[i];
        if (sample->created_at_ns)
            json_unsigned(&columns->json, NULL, value(sample, type));
        else
            json_text(&columns->json, NULL, NULL);
    }
    json_close(&columns->json);
}

static void write_type_columns(struct columns *columns, connstat_t *cs, size_t type_count)
{
    struct json *json = &columns->json;
    json_open(json, "types", '[');
    for (size_t i = 0; i < type_count; i++) {
        const char *name = connstat_type_name(cs, (int)i);
        json_open(json, NULL, '{');
        json_text(json, "type", name);
        json_text(json, "count", name ? name_of_count(name) : NULL);
        json_text(json, "kind", name_of_kind(connstat_type_kind(cs, (int)i)));
        json_integer(json, "slots", connstat_type_capacity(cs, (int)i));
        write_column(columns, "live", value_live, i);
        write_column(columns, "opened", value_opened, i);
        write_column(columns, "gone", value_gone, i);
        json_close(json);
    }
    json_close(json);
}

static size_t count_window_types(connstat_t *cs, const struct window *window)
{
    for (size_t i = window->count; i > 0; i--) {
        if (window->samples[i - 1]->created_at_ns)
            return count_types(cs, window->samples[i - 1]);
    }
    return 0;
}

void samples_write_json(FILE *out, struct attachment *attachment, const struct window *window,
                        size_t first)
{
    struct columns columns = {json_start(out), window, first};
    struct json *json = &columns.json;
    connstat_t *cs = attachment_handle(attachment);
    json_open(json, NULL, '{');
    json_unsigned(json, "schema", SCHEMA);
    write_state(json, attachment, cs != NULL);
    json_open(json, "at_ms", '[');
    for (size_t i = first; i < window->count; i++)
        json_integer(json, NULL, window->samples[i]->at_ms);
    json_close(json);
    write_column(&columns, "workers", value_workers, 0);
    write_type_columns(&columns, cs, count_window_types(cs, window));
    json_close(json);
}
