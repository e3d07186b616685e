/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Writing items of metadata.
 *
 * Each function takes a pointer to where it writes and one to where the room ends. It returns a pointer
 * behind what it has written, or NULL if that does not fit. Pointers are passed by value: a cursor in
 * memory would cost a store and a load for each item.
 */
#ifndef LIB_PUT_H
#define LIB_PUT_H

#include <connstat.h>
#include <string.h>

#include "block.h"
#include "metadata/cbor.h"
#include "metadata/utf8.h"

/* A head whose argument stands in 1, 2, 4 or 8 bytes behind the initial byte, big-endian. */
static inline uint8_t *put_wide(uint8_t *at, const uint8_t *end, uint8_t major, uint64_t value)
{
    unsigned power = (value > UINT8_MAX) + (value > UINT16_MAX) + (value > UINT32_MAX);
    size_t bytes = (size_t)1 << power;
    uint64_t big = __builtin_bswap64(value) >> (64 - 8 * bytes);

    if (unlikely((size_t)(end - at) <= bytes))
        return NULL;
    *at = (uint8_t)(major | (CBOR_INLINE + power));
    if (likely(end - at > 8))
        memcpy(at + 1, &big,
               8); /* always 8 bytes, which is quicker: the room that is left has them */
    else
        memcpy(at + 1, &big, bytes);
    return at + 1 + bytes;
}

static inline uint8_t *put_byte(uint8_t *at, const uint8_t *end, uint8_t byte)
{
    if (unlikely(at == end))
        return NULL;
    *at = byte;
    return at + 1;
}

static inline uint8_t *put_head(uint8_t *at, const uint8_t *end, uint8_t major, uint64_t value)
{
    return value < CBOR_INLINE ? put_byte(at, end, (uint8_t)(major | value))
                               : put_wide(at, end, major, value);
}

/* These two copy `size` bytes, none of which is 0. The last word or block overlaps the one before, so
 * that no byte is copied by itself. In the result a bit of UTF8_HIGHS is set for each byte that is not
 * ASCII. copy_blocks copies a block or more, */
static inline uint64_t copy_blocks(uint8_t *to, const char *from, size_t size)
{
    block last = block_load(from + size - BLOCK), all = last;

    for (size_t i = 0; i + BLOCK < size; i += BLOCK) {
        block bytes = block_load(from + i);

        all |= bytes;
        block_store(to + i, bytes);
    }
    block_store(to + size - BLOCK, last);
    return block_is_ascii(all) ? 0 : UTF8_HIGHS;
}

/* and copy_short less than a block. */
static inline uint64_t copy_short(uint8_t *to, const char *from, size_t size)
{
    if (size >= 8) {
        uint64_t first = utf8_load8(from), last = utf8_load8(from + size - 8);

        memcpy(to, &first, 8);
        memcpy(to + size - 8, &last, 8);
        return first | last;
    }
    if (size >= 4) {
        uint32_t first = utf8_load4(from), last = utf8_load4(from + size - 4);

        memcpy(to, &first, 4);
        memcpy(to + size - 4, &last, 4);
        return first | last;
    }
    if (size > 0) {
        uint8_t first = (uint8_t)from[0], middle = (uint8_t)from[size / 2];
        uint8_t last = (uint8_t)from[size - 1];

        to[0] = first;
        to[size / 2] = middle;
        to[size - 1] = last;
        return first | middle | last;
    }
    return 0;
}

static inline bool copy_ascii(uint8_t *to, const char *from, size_t size)
{
    uint64_t bits = size < BLOCK ? copy_short(to, from, size) : copy_blocks(to, from, size);

    return (bits & UTF8_HIGHS) == 0;
}

/* Writes a text with a head of any width, and uses no more room than that takes. */
uint8_t *metadata_put_long(uint8_t *at, const uint8_t *end, const char *text, size_t size);

static inline uint8_t *put_text(uint8_t *at, const uint8_t *end, const char *text)
{
    size_t size = block_strlen(text), wide = size >= CBOR_INLINE;

    if (unlikely(size > UINT8_MAX || size + 2 > (size_t)(end - at)))
        return metadata_put_long(at, end, text, size);
    /* Write both bytes of the longer head. If the short one was meant, the text overwrites the second. */
    at[0] = (uint8_t)(CBOR_TEXT | (wide ? CBOR_INLINE : size));
    at[1] = (uint8_t)size;
    at += 1 + wide;
    if (unlikely(!copy_ascii(at, text, size)) && !utf8_valid_slow(at, size))
        return NULL;
    return at + size;
}

/* Does a slice hold UTF-8, and no NUL? */
bool metadata_slice_is_text(const struct connstat_slice *slice);

/* Writes a text of a given length. One that holds a NUL is refused. */
uint8_t *metadata_put_slice(uint8_t *at, const uint8_t *end, const struct connstat_slice *slice);

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
        return likely(field->value.text != NULL) ? put_text(at, end, field->value.text) : NULL;
    case CONNSTAT_INT:
        return put_head(at, end, integer < 0 ? CBOR_NEGATIVE : CBOR_UNSIGNED,
                        (uint64_t)(integer < 0 ? ~integer : integer));
    case CONNSTAT_BOOL:
        return put_byte(at, end, field->value.boolean ? CBOR_TRUE : CBOR_FALSE);
    case CONNSTAT_FLOAT:
        return put_double(at, end, field->value.real);
    case CONNSTAT_SLICE:
        return metadata_put_slice(at, end, field->value.slice);
    }
    return NULL;
}

#endif
