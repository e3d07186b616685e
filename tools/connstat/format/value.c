/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "format/csv.h"
#include "format/literal.h"
#include "format/metadata.h"

bool value_is_right(enum value_kind kind)
{
    return kind != VALUE_TEXT && kind != VALUE_BARE && kind != VALUE_FIELD &&
           kind != VALUE_FIELD_COLUMN && kind != VALUE_METADATA && kind != VALUE_TALLY &&
           kind != VALUE_BOOL && kind != VALUE_JSON;
}

static bool is_none(enum value_kind kind, const struct value *value)
{
    return value->none || (kind == VALUE_SECONDS && isnan(value->real)) ||
           (kind == VALUE_TIME && !text_time_is_known(value->integer));
}

static void print_tally(struct buffer *buffer, const struct value *value)
{
    char number[TEXT_NUMBER_BYTES];
    const char *separator = "";
    for (size_t i = 0; i < value->tally.count; i++) {
        if (value->tally.counts[i] == 0)
            continue;
        text_count(value->tally.counts[i], number, sizeof(number));
        buffer_format(buffer, "%s%s %s", separator, value->tally.names[i], number);
        separator = ", ";
    }
    buffer_text(buffer, *separator ? "" : "-");
}

void value_print(struct buffer *buffer, enum value_kind kind, const struct value *value)
{
    char number[TEXT_NUMBER_BYTES] = "";
    bool none = is_none(kind, value);
    switch (none ? VALUE_WORD : kind) {
    case VALUE_TEXT:
        buffer_safe(buffer, value->text);
        return;
    case VALUE_WORD:
        buffer_text(buffer, none ? "-" : value->text);
        return;
    case VALUE_BARE:
        literal_print_word(buffer, value->text);
        return;
    case VALUE_FIELD:
    case VALUE_FIELD_COLUMN:
        field_print(buffer, value->field);
        return;
    case VALUE_METADATA:
        metadata_print(buffer, value->metadata.fields, value->metadata.count);
        return;
    case VALUE_TALLY:
        print_tally(buffer, value);
        return;
    case VALUE_NUMBER:
        snprintf(number, sizeof(number), "%lld", (long long)value->integer);
        break;
    case VALUE_ID:
        snprintf(number, sizeof(number), "%llu", (unsigned long long)value->count);
        break;
    case VALUE_COUNT:
        text_count(value->count, number, sizeof(number));
        break;
    case VALUE_CHANGE:
        text_change(value->integer, number, sizeof(number));
        break;
    case VALUE_BYTES:
        text_bytes(value->count, number, sizeof(number));
        break;
    case VALUE_SECONDS:
        text_duration(value->real, number, sizeof(number));
        break;
    case VALUE_PERCENT:
        strcat(text_percent(value->real, number, sizeof(number) - 2), " %");
        break;
    case VALUE_TIME:
        text_local_time(value->integer, number, sizeof(number));
        break;
    case VALUE_BOOL:
        strcpy(number, value->boolean ? "yes" : "no");
        break;
    case VALUE_MICROSECONDS:
        text_span(1e-6 * (double)value->count, number, sizeof(number));
        break;
    case VALUE_MILLISECONDS:
        text_span(1e-3 * (double)value->count, number, sizeof(number));
        break;
    case VALUE_JSON:
        break;
    }
    buffer_text(buffer, number);
}

/* Write a value that is one word without quotes into buf. False: it is of another kind. */
static bool machine_word(enum value_kind kind, const struct value *value, char *buf, size_t size)
{
    switch (kind) {
    case VALUE_NUMBER:
    case VALUE_CHANGE:
        text_signed(value->integer, buf);
        return true;
    case VALUE_COUNT:
    case VALUE_BYTES:
    case VALUE_ID:
    case VALUE_MICROSECONDS:
    case VALUE_MILLISECONDS:
        text_decimal(value->count, buf);
        return true;
    case VALUE_SECONDS:
        text_milliseconds(value->real, buf);
        return true;
    case VALUE_PERCENT:
        snprintf(buf, size, "%.1f", value->real);
        return true;
    case VALUE_BOOL:
        snprintf(buf, size, "%s", value->boolean ? "true" : "false");
        return true;
    case VALUE_TIME:
        text_utc_time(value->integer, buf, size);
        return true;
    default:
        return false;
    }
}

static void tally_json(struct jsonw *json, const char *name, const struct value *value)
{
    jsonw_open(json, name, '{');
    for (size_t i = 0; i < value->tally.count; i++)
        jsonw_unsigned(json, value->tally.names[i], value->tally.counts[i]);
    jsonw_close(json);
}

static bool is_text(enum value_kind kind)
{
    return kind == VALUE_TEXT || kind == VALUE_WORD || kind == VALUE_BARE;
}

static bool is_finite(const struct connstat_field *field)
{
    return field->type != CONNSTAT_FLOAT || isfinite(field->value.real);
}

/* JSON has no NaN and no infinity: they are null, and a member beside them tells which is meant. A
 * value in an array has no such member. */
static void value_field_json(struct jsonw *json, const char *name,
                             const struct connstat_field *field)
{
    char number[FIELD_NUMBER_BYTES];
    field_json(json, name, field);
    if (name && !is_finite(field))
        jsonw_text(json, "float", field_number(field, number));
}

static void not_finite_json(struct jsonw *json, bool *is_open, const char *name,
                            const struct connstat_field *field)
{
    char number[FIELD_NUMBER_BYTES];
    if (is_finite(field))
        return;
    if (!*is_open)
        jsonw_open(json, "not_finite", '{');
    *is_open = true;
    jsonw_text(json, name, field_number(field, number));
}

static void value_metadata_json(struct jsonw *json, const char *name, const struct value *value)
{
    const struct connstat_field *fields = value->metadata.fields;
    bool is_open = false;
    metadata_json(json, name, fields, value->metadata.count);
    for (size_t i = 0; name && i < value->metadata.count; i++)
        not_finite_json(json, &is_open, fields[i].name, &fields[i]);
    if (is_open)
        jsonw_close(json);
}

void value_json(struct jsonw *json, const char *name, enum value_kind kind,
                const struct value *value)
{
    char word[TEXT_NUMBER_BYTES];
    if (is_none(kind, value))
        jsonw_text(json, name, NULL);
    else if (is_text(kind))
        jsonw_text(json, name, value->text);
    else if (kind == VALUE_FIELD)
        value_field_json(json, name, value->field);
    else if (kind == VALUE_FIELD_COLUMN)
        field_json(json, name, value->field);
    else if (kind == VALUE_METADATA)
        value_metadata_json(json, name, value);
    else if (kind == VALUE_TALLY)
        tally_json(json, name, value);
    else if (kind == VALUE_JSON)
        value->json.write(json, name, value->json.what);
    else if (machine_word(kind, value, word, sizeof(word)) &&
             (kind == VALUE_ID || kind == VALUE_TIME))
        jsonw_text(json, name, word);
    else
        jsonw_raw(json, name, word);
}

void value_not_finite_json(struct jsonw *json, bool *is_open, const char *name,
                           const struct value *value)
{
    if (!value->none)
        not_finite_json(json, is_open, name, value->field);
}

/* CSV has no structure, so a value that has one is a cell of JSON. */
static void csv_of_json(enum value_kind kind, const struct value *value)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&bytes, &size);
    if (!stream)
        return;
    struct jsonw json = jsonw_start(stream);
    value_json(&json, NULL, kind, value);
    if (fclose(stream) == 0)
        csv_cell(bytes);
    free(bytes);
}

/* A text that would be read as something else is a cell of JSON, in quotes. */
static void csv_of_field(const struct value *value)
{
    const struct connstat_field *field = value->field;
    char number[FIELD_NUMBER_BYTES];
    if (field->type != CONNSTAT_TEXT)
        csv_cell(field_number(field, number));
    else if (*field->value.text == '"' || literal_looks_otherwise(field->value.text))
        csv_of_json(VALUE_FIELD, value);
    else
        csv_text(field->value.text);
}

void value_csv(enum value_kind kind, const struct value *value)
{
    char word[TEXT_NUMBER_BYTES];
    if (is_none(kind, value))
        csv_no_cell();
    else if (is_text(kind))
        csv_text(value->text);
    else if (kind == VALUE_FIELD || kind == VALUE_FIELD_COLUMN)
        csv_of_field(value);
    else if (machine_word(kind, value, word, sizeof(word)))
        csv_cell(word);
    else
        csv_of_json(kind, value);
}
