/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "common/context.h"
#include "common/text.h"

struct jsonw jsonw_start(FILE *stream)
{
    return (struct jsonw){.stream = stream};
}

/* The letter that follows the backslash in the short escape of a character; 0: it has none. */
static int short_escape(uint32_t code_point)
{
    switch (code_point) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '"':
    case '\\':
        return (int)code_point;
    default:
        return 0;
    }
}

static void escape(FILE *stream, uint32_t code_point)
{
    int letter = short_escape(code_point);
    if (letter) {
        fprintf(stream, "\\%c", letter);
    } else if (code_point < 0x10000) {
        fprintf(stream, "\\u%04x", code_point);
    } else {
        uint32_t offset = code_point - 0x10000;
        fprintf(stream, "\\u%04x\\u%04x", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
    }
}

/* How many bytes at the start of text are ASCII that needs no escape: most often all. */
static size_t plain_length(const char *text)
{
    static const bool is_plain[256] = {
        [' '] = true, ['!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};
    size_t length = 0;
    while (is_plain[(unsigned char)text[length]])
        length++;
    return length;
}

static void quote(FILE *stream, const char *text)
{
    const char *plain = text; /* the text from here on needs no escape and is written at once */
    putc_unlocked('"', stream);
    while (*(text += plain_length(text))) {
        uint32_t code_point;
        int length = text_code_point(text, &code_point);
        if (length > 0 && code_point != '"' && code_point != '\\' && !text_is_unsafe(code_point)) {
            text += length;
            continue;
        }
        fwrite_unlocked(plain, 1, (size_t)(text - plain), stream);
        escape(stream, length > 0 ? code_point : 0xFFFD);
        text += length > 0 ? length : 1;
        plain = text;
    }
    fwrite_unlocked(plain, 1, (size_t)(text - plain), stream);
    putc_unlocked('"', stream);
}

static void begin_value(struct jsonw *json, const char *name)
{
    if (json->not_first[json->depth])
        putc_unlocked(',', json->stream);
    json->not_first[json->depth] = true;
    if (json->line_depth > 0 && json->depth == json->line_depth)
        putc_unlocked('\n', json->stream);
    if (name) {
        quote(json->stream, name);
        putc_unlocked(':', json->stream);
    }
}

void jsonw_open(struct jsonw *json, const char *name, char bracket)
{
    assert(json->depth < JSONW_MAX_DEPTH);
    begin_value(json, name);
    putc_unlocked(bracket, json->stream);
    json->closers[json->depth++] = bracket == '{' ? '}' : ']';
    json->not_first[json->depth] = false;
}

struct jsonw jsonw_document_of(FILE *stream, int schema)
{
    struct jsonw json = jsonw_start(stream);
    jsonw_open(&json, NULL, '{');
    jsonw_integer(&json, "schema", schema);
    return json;
}

struct jsonw jsonw_document(FILE *stream)
{
    return jsonw_document_of(stream, SCHEMA);
}

void jsonw_close(struct jsonw *json)
{
    assert(json->depth > 0);
    putc_unlocked(json->closers[--json->depth], json->stream);
}

void jsonw_text(struct jsonw *json, const char *name, const char *text)
{
    begin_value(json, name);
    if (text)
        quote(json->stream, text);
    else
        fputs_unlocked("null", json->stream);
}

void jsonw_unsigned(struct jsonw *json, const char *name, uint64_t number)
{
    begin_value(json, name);
    char digits[TEXT_NUMBER_BYTES];
    fputs_unlocked(text_decimal(number, digits), json->stream);
}

void jsonw_integer(struct jsonw *json, const char *name, int64_t number)
{
    begin_value(json, name);
    char digits[TEXT_NUMBER_BYTES];
    fputs_unlocked(text_signed(number, digits), json->stream);
}

void jsonw_real(struct jsonw *json, const char *name, double number)
{
    begin_value(json, name);
    if (!isfinite(number)) {
        fputs_unlocked("null", json->stream);
        return;
    }
    char shortest[TEXT_NUMBER_BYTES];
    fputs_unlocked(text_shortest(number, shortest, sizeof(shortest)), json->stream);
}

void jsonw_bool(struct jsonw *json, const char *name, bool value)
{
    begin_value(json, name);
    fputs_unlocked(value ? "true" : "false", json->stream);
}

void jsonw_raw(struct jsonw *json, const char *name, const char *value)
{
    begin_value(json, name);
    fputs_unlocked(value, json->stream);
}
