/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/metadata.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "format/literal.h"

void field_print(struct buffer *buffer, const struct connstat_field *field)
{
    char number[FIELD_NUMBER_BYTES];
    if (field->type == CONNSTAT_TEXT)
        literal_print_text(buffer, field->value.text);
    else if (literal_is_socket(field->name) && field->type == CONNSTAT_INT)
        buffer_format(buffer, "0x%llx", (unsigned long long)field->value.integer);
    else
        buffer_text(buffer, field_number(field, number));
}

void metadata_print(struct buffer *buffer, const struct connstat_field *fields, size_t count)
{
    buffer_add(buffer, "", 0);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_text(buffer, " ");
        literal_print_name(buffer, fields[i].name);
        buffer_text(buffer, "=");
        field_print(buffer, &fields[i]);
    }
}

void field_json(struct jsonw *json, const char *name, const struct connstat_field *field)
{
    switch (field->type) {
    case CONNSTAT_TEXT:
        jsonw_text(json, name, field->value.text);
        break;
    case CONNSTAT_INT:
        jsonw_integer(json, name, field->value.integer);
        break;
    case CONNSTAT_BOOL:
        jsonw_bool(json, name, field->value.boolean);
        break;
    case CONNSTAT_FLOAT:
        jsonw_real(json, name, field->value.real);
        break;
    case CONNSTAT_SLICE: /* never read back */
        break;
    }
}

void metadata_json(struct jsonw *json, const char *name, const struct connstat_field *fields,
                   size_t count)
{
    jsonw_open(json, name, '{');
    for (size_t i = 0; i < count; i++)
        field_json(json, fields[i].name, &fields[i]);
    jsonw_close(json);
}

const struct connstat_field *metadata_find(const struct connstat_field *fields, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

/* "007" and "+7" stay text: an integer would lose what they say. */
static bool is_canonical_integer(const char *text, int64_t *number)
{
    const char *digits = text + (*text == '-');
    bool leading_zero = digits[0] == '0' && digits[1] != '\0';
    return !leading_zero && strcmp(text, "-0") != 0 && text_integer(text, number);
}

/* "1.10" and "0049.30" stay text, too. */
static bool is_fraction(const char *text, double *number)
{
    const char *digits = text + (*text == '-');
    char same[TEXT_NUMBER_BYTES];
    return isdigit((unsigned char)*digits) && strchr(text, '.') && text_real(text, number) &&
           strcmp(text_shortest(*number, same, sizeof(same)), text) == 0;
}

bool field_parse(char *text, struct connstat_field *field)
{
    char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return false;
    *equals = '\0';
    const char *value = equals + 1;
    int64_t integer;
    double real;
    if (is_canonical_integer(value, &integer))
        *field = connstat_int(text, integer);
    else if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        *field = connstat_bool(text, *value == 't');
    else if (is_fraction(value, &real))
        *field = connstat_float(text, real);
    else
        *field = connstat_text(text, value);
    return true;
}

/* Exact for every int64_t where long double has 64 bits of mantissa or more. */
static long double numeric(const struct connstat_field *field)
{
    switch (field->type) {
    case CONNSTAT_INT:
        return field->value.integer;
    case CONNSTAT_FLOAT:
        return field->value.real;
    default:
        return field->value.boolean;
    }
}

static int rank(const struct connstat_field *field)
{
    return field->type == CONNSTAT_TEXT ? 2 : field->type != CONNSTAT_BOOL;
}

int field_compare(const struct connstat_field *a, const struct connstat_field *b)
{
    if (!a || !b)
        return !a - !b;
    if (rank(a) != rank(b))
        return rank(a) - rank(b);
    if (a->type == CONNSTAT_TEXT)
        return strcmp(a->value.text, b->value.text);
    long double x = numeric(a), y = numeric(b);
    if (isnan(x) || isnan(y))
        return !isnan(x) - !isnan(y);
    return (x > y) - (x < y);
}
