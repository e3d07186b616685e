/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Reading items of metadata.
 *
 * Each function takes a pointer to where it reads and one to where the bytes end. It returns a pointer
 * behind what it has read, or NULL if that was wrong. Pointers are passed by value, as in put.h.
 */
#ifndef LIB_GET_H
#define LIB_GET_H

#include <connstat.h>
#include <string.h>

#include "metadata/cbor.h"
#include "metadata/utf8.h"

/* The value of a float of two bytes. */
double metadata_half(uint16_t half);

struct head {
    const uint8_t *at; /* behind the head; NULL: no head */
    uint64_t value;
};

static inline uint64_t load_big(const uint8_t *from, size_t bytes)
{
    uint64_t big = 0;

    memcpy((uint8_t *)&big + 8 - bytes, from, bytes);
    return __builtin_bswap64(big);
}

/* Reads the head of an item and its argument. `at` is below `end`. */
static inline struct head get_head(const uint8_t *at, const uint8_t *end)
{
    uint8_t info = *at & CBOR_INFO;
    size_t behind = (size_t)(end - at) - 1;

    if (likely(info < CBOR_INLINE))
        return (struct head){at + 1, info};
    if (info == 24 && behind >= 1)
        return (struct head){at + 2, at[1]};
    if (info == 25 && behind >= 2)
        return (struct head){at + 3, load_big(at + 1, 2)};
    if (info == 26 && behind >= 4)
        return (struct head){at + 5, load_big(at + 1, 4)};
    if (info == 27 && behind >= 8)
        return (struct head){at + 9, load_big(at + 1, 8)};
    return (struct head){NULL, 0};
}

static inline const uint8_t *get_text(const uint8_t *at, const uint8_t *end, const uint8_t **text,
                                      size_t *size)
{
    struct head head = get_head(at, end);

    if (unlikely(!head.at || head.value > (size_t)(end - head.at)))
        return NULL;
    *text = head.at;
    *size = (size_t)head.value;
    return likely(utf8_valid(*text, *size)) ? head.at + *size : NULL;
}

static inline const uint8_t *get_integer(const uint8_t *at, const uint8_t *end,
                                         struct connstat_field *field)
{
    struct head head = get_head(at, end);
    bool negative = (*at & CBOR_MAJOR) == CBOR_NEGATIVE;

    if (unlikely(head.value > INT64_MAX))
        return NULL;
    field->type = CONNSTAT_INT;
    field->value.integer = negative ? ~(int64_t)head.value : (int64_t)head.value;
    return head.at;
}

static inline const uint8_t *get_float(const uint8_t *at, const uint8_t *end,
                                       struct connstat_field *field)
{
    struct head head = get_head(at, end);
    uint32_t bits = (uint32_t)head.value;
    float single;

    field->type = CONNSTAT_FLOAT;
    if (*at == CBOR_DOUBLE) {
        memcpy(&field->value.real, &head.value, sizeof(head.value));
    } else if (*at == CBOR_SINGLE) {
        memcpy(&single, &bits, sizeof(single));
        field->value.real = single;
    } else {
        field->value.real = metadata_half((uint16_t)bits);
    }
    return head.at;
}

static inline const uint8_t *get_value(const uint8_t *at, const uint8_t *end,
                                       struct connstat_field *field)
{
    const uint8_t *text = NULL;
    size_t size;

    switch (*at & CBOR_MAJOR) {
    case CBOR_TEXT:
        at = get_text(at, end, &text, &size);
        field->type = CONNSTAT_TEXT;
        field->value.text = (const char *)text;
        return at;
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE:
        return get_integer(at, end, field);
    }
    if (*at >= CBOR_HALF && *at <= CBOR_DOUBLE)
        return get_float(at, end, field);
    field->type = CONNSTAT_BOOL;
    field->value.boolean = *at == CBOR_TRUE;
    return *at == CBOR_TRUE || *at == CBOR_FALSE ? at + 1 : NULL;
}

/* Reads the name of a pair. At least one byte is left behind it, where its value begins. */
static inline const uint8_t *get_key(const uint8_t *at, const uint8_t *end, const uint8_t **key,
                                     size_t *size)
{
    if (unlikely(at == end || (*at & CBOR_MAJOR) != CBOR_TEXT))
        return NULL;
    at = get_text(at, end, key, size);
    return likely(at && at != end && *size > 0) ? at : NULL;
}

#endif
