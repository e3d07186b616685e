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

#include "metadata_cbor.h"
#include "utf8.h"

/* ---- Writing ------------------------------------------------------------------------------ *
 *
 * Each function takes where it may write and where the room ends, and returns where it came to, or
 * NULL: all by value, since a cursor in memory would put a store and a load between any two items.
 */

/* A head whose argument stands in 1, 2, 4 or 8 bytes behind the initial byte, big-endian. */
static __attribute__((noinline)) uint8_t *put_wide(uint8_t *at, const uint8_t *end, uint8_t major,
                                                   uint64_t value)
{
    unsigned power = (value > UINT8_MAX) + (value > UINT16_MAX) + (value > UINT32_MAX);
    size_t bytes = (size_t)1 << power;
    uint64_t big = __builtin_bswap64(value) >> (64 - 8 * bytes);

    if (UNLIKELY((size_t)(end - at) <= bytes))
        return NULL;
    *at = (uint8_t)(major | (CBOR_INLINE + power));
    if (LIKELY(end - at > 8))
        memcpy(at + 1, &big, 8); /* a fixed size; what is too much lies in the room left */
    else
        memcpy(at + 1, &big, bytes);
    return at + 1 + bytes;
}

static inline uint8_t *put_byte(uint8_t *at, const uint8_t *end, uint8_t byte)
{
    if (UNLIKELY(at == end))
        return NULL;
    *at = byte;
    return at + 1;
}

static inline uint8_t *put_head(uint8_t *at, const uint8_t *end, uint8_t major, uint64_t value)
{
    return value < CBOR_INLINE ? put_byte(at, end, (uint8_t)(major | value))
                               : put_wide(at, end, major, value);
}

/* Copies size bytes, none of them 0, and tells whether all were ASCII. The last word overlaps the
 * one before it, so that no byte is copied by itself. */
static inline bool copy_ascii(uint8_t *to, const char *from, size_t size)
{
    uint64_t all;

    if (size >= 8) {
        uint64_t first = utf8_load8(from), last = utf8_load8(from + size - 8);

        all = first | last;
        memcpy(to, &first, 8);
        for (size_t i = 8; i + 8 < size; i += 8) {
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
    } else if (size > 0) {
        uint8_t first = (uint8_t)from[0], middle = (uint8_t)from[size / 2];
        uint8_t last = (uint8_t)from[size - 1];

        all = first | middle | last;
        to[0] = first;
        to[size / 2] = middle;
        to[size - 1] = last;
    } else {
        return true;
    }
    return (all & UTF8_HIGHS) == 0;
}

static inline uint8_t *put_text(uint8_t *at, const uint8_t *end, const char *text)
{
    size_t size = strlen(text);

    if (UNLIKELY(size >= (size_t)(end - at)))
        return NULL;
    if (LIKELY(size < CBOR_INLINE)) {
        *at++ = (uint8_t)(CBOR_TEXT | size);
    } else {
        at = put_wide(at, end, CBOR_TEXT, size);
        if (!at || size > (size_t)(end - at))
            return NULL;
    }
    if (UNLIKELY(!copy_ascii(at, text, size)) && !utf8_valid_slow(at, size))
        return NULL;
    return at + size;
}

static inline uint8_t *put_double(uint8_t *at, const uint8_t *end, double real)
{
    uint64_t bits;

    if (end - at < 9)
        return NULL;
    memcpy(&bits, &real, sizeof(bits));
    bits = __builtin_bswap64(bits);
    *at = CBOR_DOUBLE;
    memcpy(at + 1, &bits, sizeof(bits));
    return at + 9;
}

static inline uint8_t *put_value(uint8_t *at, const uint8_t *end,
                                 const struct connstat_field *field)
{
    int64_t integer = field->value.integer;

    switch (field->type) {
    case CONNSTAT_TEXT:
        return LIKELY(field->value.text != NULL) ? put_text(at, end, field->value.text) : NULL;
    case CONNSTAT_INT:
        return put_head(at, end, integer < 0 ? CBOR_NEGATIVE : CBOR_UNSIGNED,
                        (uint64_t)(integer < 0 ? ~integer : integer));
    case CONNSTAT_BOOL:
        return put_byte(at, end, field->value.boolean ? CBOR_TRUE : CBOR_FALSE);
    case CONNSTAT_FLOAT:
        return put_double(at, end, field->value.real);
    }
    return NULL;
}

/* A name has two bytes at least, its NUL included: comparing both at once decides nearly always. */
static inline bool named_before(const struct connstat_field *fields, size_t i)
{
    const char *name = fields[i].name;
    uint16_t start, other;

    memcpy(&start, name, 2);
    for (size_t k = 0; k < i; k++) {
        memcpy(&other, fields[k].name, 2);
        if (UNLIKELY(other == start) && strcmp(fields[k].name, name) == 0)
            return true;
    }
    return false;
}

static bool valid_text(const char *text)
{
    return text && utf8_valid((const uint8_t *)text, strlen(text));
}

/* Why an encoding came to nothing: a field that could not be encoded anywhere, else the room. */
static __attribute__((cold, noinline)) int refusal(const struct connstat_field *fields,
                                                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!valid_text(fields[i].name) || !*fields[i].name || named_before(fields, i))
            return -EINVAL;
        if (fields[i].type > CONNSTAT_FLOAT ||
            (fields[i].type == CONNSTAT_TEXT && !valid_text(fields[i].value.text)))
            return -EINVAL;
    }
    return -EMSGSIZE;
}

int metadata_encode(const struct connstat_field *fields, size_t count, void *buf, size_t size)
{
    uint8_t *at = buf;
    const uint8_t *end;

    if (UNLIKELY(!fields && count > 0))
        return -EINVAL;
    if (UNLIKELY(size == 0))
        return refusal(fields, count);
    end = at + (size < INT_MAX ? size : INT_MAX); /* what the result can tell */
    at = put_head(at, end, CBOR_MAP, count);
    for (size_t i = 0; i < count && LIKELY(at != NULL); i++) {
        const char *name = fields[i].name;

        if (UNLIKELY(!name || !*name || named_before(fields, i)))
            return -EINVAL;
        at = put_text(at, end, name);
        if (LIKELY(at != NULL))
            at = put_value(at, end, &fields[i]);
    }
    return LIKELY(at != NULL) ? (int)(at - (uint8_t *)buf) : refusal(fields, count);
}
