/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "oracle.h"

#include <cbor.h>
#include <string.h>

/* ---- Reading: one item after the other, as libcbor calls back ------------------------------ */

enum expected { A_MAP, A_KEY, A_VALUE, NOTHING };

struct parse {
    struct oracle *oracle;
    enum expected expected;
    size_t pairs, used; /* pairs announced; bytes used of the texts */
    bool bad;
};

/* Decodes a character and spells it anew: only the one right spelling comes out as it went in. */
static size_t character(const uint8_t *text, size_t size)
{
    static const uint8_t marks[] = {0x00, 0x00, 0xC0, 0xE0, 0xF0};
    uint32_t code = text[0];
    uint8_t again[4];
    size_t length = code < 0x80 ? 1 : code < 0xC0 ? 0 : code < 0xE0 ? 2 : code < 0xF0 ? 3 : 4;

    if (length == 0 || length > size || code == 0 || code >= 0xF8)
        return 0;
    if (length > 1)
        code &= 0x7Fu >> length;
    for (size_t i = 1; i < length; i++)
        code = code << 6 | (text[i] & 0x3F);
    if ((code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
        return 0;
    if (length != (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4))
        return 0;
    for (size_t i = length; i-- > 1; code >>= 6)
        again[i] = (uint8_t)(0x80 | (code & 0x3F));
    again[0] = (uint8_t)(marks[length] | code);
    return memcmp(again, text, length) == 0 ? length : 0;
}

static bool is_text(const uint8_t *text, size_t size)
{
    for (size_t at = 0, step; at < size; at += step) {
        step = character(text + at, size - at);
        if (step == 0)
            return false;
    }
    return true;
}

static const char *keep(struct parse *parse, const uint8_t *text, size_t size)
{
    char *kept = parse->oracle->text + parse->used;

    memcpy(kept, text, size);
    kept[size] = 0;
    parse->used += size + 1;
    return kept;
}

static void take_value(struct parse *parse, struct connstat_field value)
{
    struct oracle *oracle = parse->oracle;

    if (parse->expected != A_VALUE) {
        parse->bad = true;
        return;
    }
    value.name = oracle->fields[oracle->count].name;
    oracle->fields[oracle->count++] = value;
    parse->expected = oracle->count == parse->pairs ? NOTHING : A_KEY;
}

static void on_map(void *context, size_t pairs)
{
    struct parse *parse = context;

    if (parse->expected != A_MAP || pairs > ORACLE_FIELDS)
        parse->bad = true;
    parse->pairs = pairs;
    parse->expected = pairs ? A_KEY : NOTHING;
}

static void on_string(void *context, cbor_data text, size_t size)
{
    struct parse *parse = context;
    struct oracle *oracle = parse->oracle;
    const char *kept;

    if (!is_text(text, size) || parse->used + size + 1 > ORACLE_TEXT) {
        parse->bad = true;
        return;
    }
    kept = keep(parse, text, size);
    if (parse->expected != A_KEY) {
        take_value(parse, connstat_text(NULL, kept));
        return;
    }
    for (size_t i = 0; i < oracle->count; i++)
        if (strcmp(oracle->fields[i].name, kept) == 0)
            parse->bad = true;
    if (size == 0)
        parse->bad = true;
    oracle->fields[oracle->count].name = kept;
    parse->expected = A_VALUE;
}

static void on_unsigned(void *context, uint64_t value)
{
    if (value > INT64_MAX)
        ((struct parse *)context)->bad = true;
    else
        take_value(context, connstat_int(NULL, (int64_t)value));
}

static void on_negative(void *context, uint64_t value)
{
    if (value > INT64_MAX)
        ((struct parse *)context)->bad = true;
    else
        take_value(context, connstat_int(NULL, -1 - (int64_t)value));
}

static void on_uint8(void *context, uint8_t value)
{
    on_unsigned(context, value);
}

static void on_uint16(void *context, uint16_t value)
{
    on_unsigned(context, value);
}

static void on_uint32(void *context, uint32_t value)
{
    on_unsigned(context, value);
}

static void on_negint8(void *context, uint8_t value)
{
    on_negative(context, value);
}

static void on_negint16(void *context, uint16_t value)
{
    on_negative(context, value);
}

static void on_negint32(void *context, uint32_t value)
{
    on_negative(context, value);
}

static void on_double(void *context, double value)
{
    take_value(context, connstat_float(NULL, value));
}

static void on_float(void *context, float value)
{
    take_value(context, connstat_float(NULL, value));
}

static void on_boolean(void *context, bool value)
{
    take_value(context, connstat_bool(NULL, value));
}

static void on_other(void *context)
{
    ((struct parse *)context)->bad = true;
}

static void on_other_sized(void *context, size_t size)
{
    (void)size;
    on_other(context);
}

static void on_tag(void *context, uint64_t tag)
{
    (void)tag;
    on_other(context);
}

static void on_bytes(void *context, cbor_data bytes, size_t size)
{
    (void)bytes;
    on_other_sized(context, size);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_unsigned,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negative,
    .byte_string_start = on_other,
    .byte_string = on_bytes,
    .string = on_string,
    .string_start = on_other,
    .indef_array_start = on_other,
    .array_start = on_other_sized,
    .indef_map_start = on_other,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_other,
    .null = on_other,
    .boolean = on_boolean,
    .indef_break = on_other,
};

bool oracle_read(struct oracle *oracle, const uint8_t *bytes, size_t size)
{
    struct parse parse = {.oracle = oracle};

    oracle->count = 0;
    if (size == 0)
        return true;
    for (size_t at = 0; at < size && !parse.bad;) {
        struct cbor_decoder_result result =
            cbor_stream_decode(bytes + at, size - at, &callbacks, &parse);

        if (result.status != CBOR_DECODER_FINISHED)
            return false;
        at += result.read;
    }
    return !parse.bad && parse.expected == NOTHING;
}

/* ---- Writing ------------------------------------------------------------------------------ */

static size_t write_text(const char *text, uint8_t *bytes, size_t size)
{
    size_t length = strlen(text), head = cbor_encode_string_start(length, bytes, size);

    if (head == 0 || length > size - head)
        return 0;
    memcpy(bytes + head, text, length);
    return head + length;
}

static size_t write_integer(int64_t integer, unsigned width, uint8_t *bytes, size_t size)
{
    uint64_t value = integer < 0 ? ~(uint64_t)integer : (uint64_t)integer;
    bool negative = integer < 0;

    switch (width % 5) {
    case 0:
        if (value <= UINT8_MAX)
            return negative ? cbor_encode_negint8((uint8_t)value, bytes, size)
                            : cbor_encode_uint8((uint8_t)value, bytes, size);
        break;
    case 1:
        if (value <= UINT16_MAX)
            return negative ? cbor_encode_negint16((uint16_t)value, bytes, size)
                            : cbor_encode_uint16((uint16_t)value, bytes, size);
        break;
    case 2:
        if (value <= UINT32_MAX)
            return negative ? cbor_encode_negint32((uint32_t)value, bytes, size)
                            : cbor_encode_uint32((uint32_t)value, bytes, size);
        break;
    case 3:
        return negative ? cbor_encode_negint64(value, bytes, size)
                        : cbor_encode_uint64(value, bytes, size);
    }
    return negative ? cbor_encode_negint(value, bytes, size) : cbor_encode_uint(value, bytes, size);
}

static size_t write_float(double real, unsigned width, uint8_t *bytes, size_t size)
{
    /* libcbor rounds to a half without saying so: only whole numbers that have 11 bits are safe. */
    if (width % 3 == 0 && real >= -2048 && real <= 2048 && real == (int)real)
        return cbor_encode_half((float)real, bytes, size);
    if (width % 3 == 1 && (double)(float)real == real)
        return cbor_encode_single((float)real, bytes, size);
    return cbor_encode_double(real, bytes, size);
}

static size_t write_value(const struct connstat_field *field, unsigned width, uint8_t *bytes,
                          size_t size)
{
    switch (field->type) {
    case CONNSTAT_TEXT:
        return write_text(field->value.text, bytes, size);
    case CONNSTAT_INT:
        return write_integer(field->value.integer, width, bytes, size);
    case CONNSTAT_BOOL:
        return cbor_encode_bool(field->value.boolean, bytes, size);
    case CONNSTAT_FLOAT:
        return write_float(field->value.real, width, bytes, size);
    case CONNSTAT_SLICE: /* never read back */
        break;
    }
    return 0;
}

size_t oracle_write(const struct connstat_field *fields, size_t count, unsigned width,
                    uint8_t *bytes, size_t size)
{
    size_t at = cbor_encode_map_start(count, bytes, size), step;

    if (at == 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        step = write_text(fields[i].name, bytes + at, size - at);
        if (step == 0)
            return 0;
        at += step;
        step = write_value(&fields[i], width + (unsigned)i, bytes + at, size - at);
        if (step == 0)
            return 0;
        at += step;
    }
    return at;
}
