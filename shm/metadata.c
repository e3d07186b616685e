/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Encoding is on the way of every registration: what is usual (texts below 24 bytes, ASCII, small
 * integers, few fields) takes no call but strlen.
 */
#include "metadata.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "utf8.h"

#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { /* initial bytes: major type in the upper three bits */
       CBOR_UNSIGNED = 0x00,
       CBOR_NEGATIVE = 0x20,
       CBOR_TEXT = 0x60,
       CBOR_MAP = 0xA0,
       CBOR_FALSE = 0xF4,
       CBOR_TRUE = 0xF5,
       CBOR_HALF = 0xF9,
       CBOR_SINGLE = 0xFA,
       CBOR_DOUBLE = 0xFB,
};

enum { CBOR_MAJOR = 0xE0, CBOR_INFO = 0x1F, CBOR_INLINE = 24 };

/* ---- Writing ------------------------------------------------------------------------------ */

struct writer {
    uint8_t *at;
    const uint8_t *end;
};

static inline size_t room(const struct writer *writer)
{
    return (size_t)(writer->end - writer->at);
}

/* An initial byte with `bytes` bytes of argument behind it, big-endian. */
static int put_wide(struct writer *writer, uint8_t initial, uint64_t value, unsigned bytes)
{
    uint64_t big = __builtin_bswap64(value);

    if (room(writer) < 1 + (size_t)bytes)
        return -EMSGSIZE;
    *writer->at = initial;
    memcpy(writer->at + 1, (const uint8_t *)&big + 8 - bytes, bytes);
    writer->at += 1 + bytes;
    return 0;
}

static int put_long_head(struct writer *writer, uint8_t major, uint64_t value)
{
    if (value <= UINT8_MAX)
        return put_wide(writer, major | 24, value, 1);
    if (value <= UINT16_MAX)
        return put_wide(writer, major | 25, value, 2);
    if (value <= UINT32_MAX)
        return put_wide(writer, major | 26, value, 4);
    return put_wide(writer, major | 27, value, 8);
}

static inline int put_byte(struct writer *writer, uint8_t byte)
{
    if (UNLIKELY(writer->at == writer->end))
        return -EMSGSIZE;
    *writer->at++ = byte;
    return 0;
}

static inline int put_head(struct writer *writer, uint8_t major, uint64_t value)
{
    if (LIKELY(value < CBOR_INLINE))
        return put_byte(writer, major | (uint8_t)value);
    return put_long_head(writer, major, value);
}

/* Copies size bytes, none of them 0, and tells whether all were ASCII. The last word overlaps the
 * one before it, so that no byte is copied by itself. */
static inline bool copy_ascii(uint8_t *to, const char *from, size_t size)
{
    uint64_t all;

    if (size >= 8) {
        uint64_t last = utf8_load8(from + size - 8);

        all = last;
        for (size_t i = 0; i + 8 < size; i += 8) {
            uint64_t word = utf8_load8(from + i);

            all |= word;
            memcpy(to + i, &word, 8);
        }
        memcpy(to + size - 8, &last, 8);
    } else if (size >= 4) {
        uint32_t first = utf8_load4(from), last = utf8_load4(from + size - 4);

        all = first | last;
        memcpy(to, &first, 4);
        memcpy(to + size - 4, &last, 4);
    } else {
        all = 0;
        for (size_t i = 0; i < size; i++) {
            to[i] = (uint8_t)from[i];
            all |= to[i];
        }
    }
    return (all & UTF8_HIGHS) == 0;
}

static inline int put_text(struct writer *writer, const char *text)
{
    size_t size = strlen(text);
    int error = put_head(writer, CBOR_TEXT, size);

    if (UNLIKELY(error))
        return error;
    if (UNLIKELY(size > room(writer)))
        return -EMSGSIZE;
    if (UNLIKELY(!copy_ascii(writer->at, text, size)) && !utf8_valid_slow(writer->at, size))
        return -EINVAL;
    writer->at += size;
    return 0;
}

static int put_double(struct writer *writer, double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof(bits));
    return put_wide(writer, CBOR_DOUBLE, bits, 8);
}

static inline int put_value(struct writer *writer, const struct connstat_field *field)
{
    int64_t integer = field->value.integer;

    switch (field->type) {
    case CONNSTAT_TEXT:
        return field->value.text ? put_text(writer, field->value.text) : -EINVAL;
    case CONNSTAT_INT:
        return integer < 0 ? put_head(writer, CBOR_NEGATIVE, ~(uint64_t)integer)
                           : put_head(writer, CBOR_UNSIGNED, (uint64_t)integer);
    case CONNSTAT_BOOL:
        return put_byte(writer, field->value.boolean ? CBOR_TRUE : CBOR_FALSE);
    case CONNSTAT_FLOAT:
        return put_double(writer, field->value.real);
    }
    return -EINVAL;
}

static inline bool named_before(const struct connstat_field *fields, size_t i)
{
    const char *name = fields[i].name;

    for (size_t k = 0; k < i; k++)
        if (fields[k].name[0] == name[0] && strcmp(fields[k].name, name) == 0)
            return true;
    return false;
}

int metadata_encode(const struct connstat_field *fields, size_t count, void *buf, size_t size)
{
    size_t usable = size < INT_MAX ? size : INT_MAX; /* what the result can tell */
    struct writer writer = {.at = buf, .end = (uint8_t *)buf + usable};
    int error;

    if (UNLIKELY(!fields && count > 0))
        return -EINVAL;
    error = put_head(&writer, CBOR_MAP, count);
    for (size_t i = 0; i < count && LIKELY(!error); i++) {
        const char *name = fields[i].name;

        if (UNLIKELY(!name || !*name || named_before(fields, i)))
            return -EINVAL;
        error = put_text(&writer, name);
        if (LIKELY(!error))
            error = put_value(&writer, &fields[i]);
    }
    return UNLIKELY(error) ? error : (int)(writer.at - (uint8_t *)buf);
}

/* ---- Reading ------------------------------------------------------------------------------ */

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

/* The argument of a head whose initial byte was taken: in that byte, or in 1, 2, 4 or 8 behind. */
static bool get_wide(struct reader *reader, uint8_t info, uint64_t *value)
{
    uint64_t big = 0;
    size_t bytes;

    if (info > 27)
        return false;
    bytes = (size_t)1 << (info - 24);
    if ((size_t)(reader->end - reader->at) < bytes)
        return false;
    memcpy((uint8_t *)&big + 8 - bytes, reader->at, bytes);
    reader->at += bytes;
    *value = __builtin_bswap64(big);
    return true;
}

static inline bool get_argument(struct reader *reader, uint8_t initial, uint64_t *value)
{
    *value = initial & CBOR_INFO;
    return LIKELY(*value < CBOR_INLINE) || get_wide(reader, (uint8_t)*value, value);
}

static inline bool get_initial(struct reader *reader, uint8_t *initial)
{
    if (UNLIKELY(reader->at == reader->end))
        return false;
    *initial = *reader->at++;
    return true;
}

static inline bool get_text(struct reader *reader, uint8_t initial, const uint8_t **text,
                            size_t *size)
{
    uint64_t length;

    if (UNLIKELY((initial & CBOR_MAJOR) != CBOR_TEXT) || !get_argument(reader, initial, &length))
        return false;
    if (UNLIKELY(length > (size_t)(reader->end - reader->at)))
        return false;
    *text = reader->at;
    *size = (size_t)length;
    reader->at += length;
    return utf8_valid(*text, *size);
}

static bool get_integer(struct reader *reader, uint8_t initial, struct connstat_field *field)
{
    uint64_t value;

    if (!get_argument(reader, initial, &value) || value > INT64_MAX)
        return false;
    field->type = CONNSTAT_INT;
    field->value.integer =
        (initial & CBOR_MAJOR) == CBOR_NEGATIVE ? -1 - (int64_t)value : (int64_t)value;
    return true;
}

/* Widens the binary16 of RFC 8949, appendix D. A subnormal is a whole number of 2^-24. */
static double half_to_double(uint16_t half)
{
    uint64_t sign = (uint64_t)(half >> 15) << 63;
    uint64_t exponent = half >> 10 & 0x1F, mantissa = half & 0x3FF;
    uint64_t bits;
    double real;

    if (exponent == 0) {
        real = (double)mantissa * 0x1p-24;
        return sign ? -real : real;
    }
    exponent = exponent == 0x1F ? 0x7FF : exponent - 15 + 1023;
    bits = sign | exponent << 52 | mantissa << 42;
    memcpy(&real, &bits, sizeof(real));
    return real;
}

static bool get_float(struct reader *reader, uint8_t initial, struct connstat_field *field)
{
    uint64_t value;
    uint32_t bits;
    float single;

    if (!get_wide(reader, initial & CBOR_INFO, &value))
        return false;
    field->type = CONNSTAT_FLOAT;
    if (initial == CBOR_DOUBLE) {
        memcpy(&field->value.real, &value, sizeof(value));
    } else if (initial == CBOR_SINGLE) {
        bits = (uint32_t)value;
        memcpy(&single, &bits, sizeof(single));
        field->value.real = single;
    } else {
        field->value.real = half_to_double((uint16_t)value);
    }
    return true;
}

static inline bool get_value(struct reader *reader, uint8_t initial, struct connstat_field *field)
{
    const uint8_t *text;
    size_t size;

    switch (initial & CBOR_MAJOR) {
    case CBOR_TEXT:
        if (!get_text(reader, initial, &text, &size))
            return false;
        field->type = CONNSTAT_TEXT;
        field->value.text = (const char *)text;
        return true;
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE:
        return get_integer(reader, initial, field);
    }
    if (initial >= CBOR_HALF && initial <= CBOR_DOUBLE)
        return get_float(reader, initial, field);
    field->type = CONNSTAT_BOOL;
    field->value.boolean = initial == CBOR_TRUE;
    return initial == CBOR_TRUE || initial == CBOR_FALSE;
}

/* The number of pairs; each takes two bytes at least, so that a count beyond the bytes is none. */
static inline bool get_map(struct reader *reader, size_t *pairs)
{
    uint64_t value;
    uint8_t initial;

    if (!get_initial(reader, &initial) || (initial & CBOR_MAJOR) != CBOR_MAP ||
        !get_argument(reader, initial, &value) || value > (size_t)(reader->end - reader->at) / 2)
        return false;
    *pairs = (size_t)value;
    return true;
}

/* The key of the pair that comes next. */
static inline bool get_key(struct reader *reader, const uint8_t **key, size_t *size)
{
    uint8_t initial;

    return get_initial(reader, &initial) && get_text(reader, initial, key, size) && *size > 0;
}

static inline bool same(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    return a_size == b_size && a[0] == b[0] && memcmp(a, b, a_size) == 0;
}

/* Walks from the first pair to the one of that key, all of them found right already. */
static bool walk_finds(struct reader reader, const uint8_t *key, size_t size)
{
    struct connstat_field field;
    const uint8_t *other;
    size_t other_size;
    uint8_t initial;

    while (get_key(&reader, &other, &other_size) && other != key) {
        if (same(other, other_size, key, size))
            return true;
        if (!get_initial(&reader, &initial) || !get_value(&reader, initial, &field))
            break;
    }
    return false;
}

#define KEYS_AT_HAND 16

static inline bool valid_pairs(struct reader reader, size_t pairs)
{
    const struct reader first = reader;
    const uint8_t *keys[KEYS_AT_HAND];
    size_t sizes[KEYS_AT_HAND];
    struct connstat_field field;

    for (size_t i = 0; i < pairs; i++) {
        const uint8_t *key;
        size_t size;
        uint8_t initial;

        if (!get_key(&reader, &key, &size))
            return false;
        for (size_t k = 0; k < i && k < KEYS_AT_HAND; k++)
            if (same(keys[k], sizes[k], key, size))
                return false;
        if (LIKELY(i < KEYS_AT_HAND)) {
            keys[i] = key;
            sizes[i] = size;
        } else if (walk_finds(first, key, size)) {
            return false;
        }
        if (!get_initial(&reader, &initial) || !get_value(&reader, initial, &field))
            return false;
    }
    return reader.at == reader.end;
}

int metadata_validate(const void *bytes, size_t size)
{
    struct reader reader = {.at = bytes, .end = (const uint8_t *)bytes + size};
    size_t pairs;

    if (size == 0)
        return 0;
    return get_map(&reader, &pairs) && valid_pairs(reader, pairs) ? 0 : -EINVAL;
}

/* A text ends where the next item's initial byte is, or the bytes end. So each initial byte becomes
 * a NUL as soon as it was taken. */
static inline bool take_initial(uint8_t *bytes, struct reader *reader, uint8_t *initial)
{
    size_t offset = (size_t)(reader->at - bytes);

    if (!get_initial(reader, initial))
        return false;
    bytes[offset] = 0;
    return true;
}

static inline bool decode_pair(uint8_t *bytes, struct reader *reader, struct connstat_field *field)
{
    const uint8_t *name;
    uint8_t initial;
    size_t size;

    if (!take_initial(bytes, reader, &initial) || !get_text(reader, initial, &name, &size) ||
        UNLIKELY(size == 0))
        return false;
    field->name = (const char *)name;
    return take_initial(bytes, reader, &initial) && get_value(reader, initial, field);
}

int metadata_decode(uint8_t *bytes, size_t size, struct connstat_field *fields, size_t max)
{
    struct reader reader = {.at = bytes, .end = bytes + size};
    size_t pairs;

    if (size == 0)
        return 0;
    if (!get_map(&reader, &pairs))
        return -EINVAL;
    if (pairs > max || pairs > INT_MAX)
        return -EMSGSIZE;
    for (size_t i = 0; i < pairs; i++)
        if (!decode_pair(bytes, &reader, &fields[i]))
            return -EINVAL;
    if (reader.at != reader.end)
        return -EINVAL;
    bytes[size] = 0;
    return (int)pairs;
}
