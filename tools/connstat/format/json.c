/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/context.h"
#include "common/text.h"

struct jsonw jsonw_start(FILE *stream)
{
    struct jsonw json; /* what is pending needs no value yet */
    json.stream = stream;
    json.depth = json.line_depth = 0;
    json.not_first[0] = false;
    json.pending_length = 0;
    return json;
}

/* ---- to the stream: by the piece, since a call of stdio for each word would cost more than all else
 */

static void flush(struct jsonw *json)
{
    fwrite_unlocked(json->pending, 1, json->pending_length, json->stream);
    json->pending_length = 0;
}

/* Returns a place for so many bytes, JSONW_PENDING at most. The caller writes all of them before it does
 * anything else with json. */
static inline char *reserve(struct jsonw *json, size_t length)
{
    if (length > sizeof(json->pending) - json->pending_length)
        flush(json);
    json->pending_length += length;
    return json->pending + json->pending_length - length;
}

static void put(struct jsonw *json, const char *bytes, size_t length)
{
    if (length <= sizeof(json->pending)) {
        memcpy(reserve(json, length), bytes, length);
        return;
    }
    flush(json);
    fwrite_unlocked(bytes, 1, length, json->stream);
}

static inline __attribute__((always_inline)) void put_char(struct jsonw *json, char c)
{
    *reserve(json, 1) = c;
}

static void put_text(struct jsonw *json, const char *text)
{
    put(json, text, strlen(text));
}

/* A value is complete, and with it, outside of all brackets, the document. */
static void end_value(struct jsonw *json)
{
    if (json->depth == 0)
        flush(json);
}

/* ---- texts ---------------------------------------------------------------------------------- */

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

static void escape(struct jsonw *json, uint32_t code_point)
{
    int letter = short_escape(code_point);
    char text[16];
    if (letter) {
        snprintf(text, sizeof(text), "\\%c", letter);
    } else if (code_point < 0x10000) {
        snprintf(text, sizeof(text), "\\u%04x", code_point);
    } else {
        uint32_t offset = code_point - 0x10000;
        snprintf(text, sizeof(text), "\\u%04x\\u%04x", 0xD800 + (offset >> 10),
                 0xDC00 + (offset & 0x3FF));
    }
    put_text(json, text);
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Not zero if one of eight bytes is below bound, which is 128 at most, and below 128. */
static inline uint64_t any_below(uint64_t bytes, uint64_t bound)
{
    return (bytes - EACH_BYTE(bound)) & ~bytes & EACH_BYTE(0x80);
}

static inline bool are_plain(uint64_t bytes)
{
    return ((bytes & EACH_BYTE(0x80)) | any_below(bytes, ' ') |
            any_below(bytes ^ EACH_BYTE('"'), 1) | any_below(bytes ^ EACH_BYTE('\\'), 1) |
            any_below(bytes ^ EACH_BYTE(0x7f), 1)) == 0;
}

/* ASCII that needs no escape: most often all of a text. Eight bytes at a time, of which the last
 * overlap those before them. */
static bool is_plain(const char *text, size_t length)
{
    uint64_t bytes = EACH_BYTE(' ');
    if (length < sizeof(bytes)) {
        for (size_t i = 0; i < length; i++)
            bytes = bytes << 8 | (unsigned char)text[i];
        return are_plain(bytes);
    }
    for (size_t at = 0; at + sizeof(bytes) <= length; at += sizeof(bytes)) {
        memcpy(&bytes, text + at, sizeof(bytes));
        if (!are_plain(bytes))
            return false;
    }
    memcpy(&bytes, text + length - sizeof(bytes), sizeof(bytes));
    return are_plain(bytes);
}

static void quote_with_escapes(struct jsonw *json, const char *text)
{
    const char *plain = text; /* the text from here on needs no escape and is written at once */
    put_char(json, '"');
    while (*text) {
        uint32_t code_point;
        int length = text_code_point(text, &code_point);
        if (length > 0 && code_point != '"' && code_point != '\\' && !text_is_unsafe(code_point)) {
            text += length;
            continue;
        }
        put(json, plain, (size_t)(text - plain));
        escape(json, length > 0 ? code_point : 0xFFFD);
        text += length > 0 ? length : 1;
        plain = text;
    }
    put(json, plain, (size_t)(text - plain));
    put_char(json, '"');
}

static void quote(struct jsonw *json, const char *text)
{
    size_t length = strlen(text);
    if (length + 2 > sizeof(json->pending) || !is_plain(text, length)) {
        quote_with_escapes(json, text);
        return;
    }
    char *out = reserve(json, length + 2);
    out[0] = '"';
    memcpy(out + 1, text, length);
    out[length + 1] = '"';
}

/* ---- values --------------------------------------------------------------------------------- */

static void begin_value(struct jsonw *json, const char *name)
{
    if (json->not_first[json->depth])
        put_char(json, ',');
    json->not_first[json->depth] = true;
    if (json->line_depth > 0 && json->depth == json->line_depth)
        put_char(json, '\n');
    if (name) {
        quote(json, name);
        put_char(json, ':');
    }
}

void jsonw_open(struct jsonw *json, const char *name, char bracket)
{
    assert(json->depth < JSONW_MAX_DEPTH);
    begin_value(json, name);
    put_char(json, bracket);
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
    put_char(json, json->closers[--json->depth]);
    end_value(json);
}

void jsonw_text(struct jsonw *json, const char *name, const char *text)
{
    begin_value(json, name);
    if (text)
        quote(json, text);
    else
        put_text(json, "null");
    end_value(json);
}

void jsonw_unsigned(struct jsonw *json, const char *name, uint64_t number)
{
    begin_value(json, name);
    char digits[TEXT_NUMBER_BYTES];
    put_text(json, text_decimal(number, digits));
    end_value(json);
}

void jsonw_integer(struct jsonw *json, const char *name, int64_t number)
{
    begin_value(json, name);
    char digits[TEXT_NUMBER_BYTES];
    put_text(json, text_signed(number, digits));
    end_value(json);
}

void jsonw_real(struct jsonw *json, const char *name, double number)
{
    begin_value(json, name);
    char shortest[TEXT_NUMBER_BYTES];
    put_text(json, isfinite(number) ? text_shortest(number, shortest, sizeof(shortest)) : "null");
    end_value(json);
}

void jsonw_bool(struct jsonw *json, const char *name, bool value)
{
    begin_value(json, name);
    put_text(json, value ? "true" : "false");
    end_value(json);
}

void jsonw_raw(struct jsonw *json, const char *name, const char *value)
{
    begin_value(json, name);
    put_text(json, value);
    end_value(json);
}
