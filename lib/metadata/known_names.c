/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "metadata/known_names.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "metadata/metadata.h"
#include "metadata/put.h"

/* Several calls may share a place; so what was learnt there is replaced only at each 4th miss. */
enum { MISSES_BEFORE_LEARNING = 4 };

/* ---- Names -------------------------------------------------------------------------------- */

#if BLOCK_PEEKS
static inline bool block_reads(const struct metadata_name *name, size_t i)
{
    block read = block_around(name->name)[i], wanted = block_load(name->wanted + i * BLOCK);

    return (block_highs((block)(read == wanted)) | name->others[i]) == 0xFFFF;
}

static inline bool reads_as_before(const struct metadata_name *name)
{
    /* The second block is read only if the name reaches into it. */
    return likely(block_reads(name, 0)) && (!name->spans || block_reads(name, 1));
}
#else
static inline bool reads_as_before(const struct metadata_name *name)
{
    return strcmp(name->name, (const char *)name->item + 1) == 0;
}
#endif

static void learn_name(struct metadata_name *name, const char *text, size_t size)
{
    size_t offset = (uintptr_t)text % BLOCK;
    uint32_t bytes = ((UINT32_C(2) << size) - 1)
                     << offset; /* a bit for each byte, its NUL included */

    *name = (struct metadata_name){
        .name = text,
        .length = (uint8_t)(1 + size),
        .spans = offset + size + 1 > BLOCK,
        .others = {(uint16_t)~bytes, (uint16_t) ~(bytes >> BLOCK)},
        .item = {(uint8_t)(CBOR_TEXT | size)},
    };
    memcpy(name->item + 1, text, size);
    memcpy(&name->wanted[offset], text, size + 1);
}

/* Learns the names of these fields, which have been encoded and so are right. */
static seldom void learn(struct metadata_call *call, const struct connstat_field *fields,
                         size_t count)
{
    call->count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = strlen(fields[i].name);

        if (size > CALL_NAME)
            return;
        learn_name(&call->names[i], fields[i].name, size);
    }
    call->count = (uint32_t)count;
}

/* ---- Values ------------------------------------------------------------------------------- *
 *
 * Each function returns a pointer behind what it has written; NULL: this value is for metadata_encode.
 * Whether all texts were ASCII is asked once, at the end. So there is no call in the loop, and no
 * register has to be saved.
 */

/* How a number of at least CBOR_INLINE is encoded, by how many zero bits it has above its highest one. */
static const struct {
    uint8_t head, bytes,
        unused; /* head and value take `bytes` bytes; `unused` of 64 bits are not in them */
} numbers[64] = {
    [0 ... 31] = {27, 9, 0},
    [32 ... 47] = {26, 5, 32},
    [48 ... 55] = {25, 3, 48},
    [56 ... 63] = {24, 2, 56},
};

static inline uint8_t *write_number(uint8_t *at, uint8_t major, uint64_t value)
{
    unsigned zeros;
    uint64_t big;

    if (value < CBOR_INLINE) {
        *at = (uint8_t)(major | value);
        return at + 1;
    }
    zeros = (unsigned)__builtin_clzll(value);
    big = __builtin_bswap64(value) >> numbers[zeros].unused;
    *at = (uint8_t)(major | numbers[zeros].head);
    memcpy(at + 1, &big, 8);
    return at + numbers[zeros].bytes;
}

static inline uint8_t *write_text(uint8_t *at, const uint8_t *end, const char *text,
                                  uint64_t *highs)
{
    size_t size;

    if (unlikely(text == NULL))
        return NULL;
    size = block_strlen(text);
    *at++ = (uint8_t)(CBOR_TEXT + size);
    if (size < BLOCK) {
        *highs |= copy_short(at, text, size);
        return at + size;
    }
    if (unlikely(size > UINT8_MAX || (ptrdiff_t)size >= end - at))
        return NULL;
    if (size >= CBOR_INLINE) {
        at[-1] = CBOR_TEXT | CBOR_INLINE;
        *at++ = (uint8_t)size;
    }
    *highs |= copy_blocks(at, text, size);
    return at + size;
}

static inline uint8_t *write_double(uint8_t *at, double real)
{
    uint64_t bits;

    memcpy(&bits, &real, sizeof(bits));
    bits = __builtin_bswap64(bits);
    *at = CBOR_DOUBLE;
    memcpy(at + 1, &bits, sizeof(bits));
    return at + 9;
}

static inline uint8_t *write_value(uint8_t *at, const uint8_t *end,
                                   const struct connstat_field *field, uint64_t *highs)
{
    int64_t integer = field->value.integer;

    if (field->type == CONNSTAT_TEXT)
        return write_text(at, end, field->value.text, highs);
    if (field->type == CONNSTAT_INT)
        return write_number(at, integer < 0 ? CBOR_NEGATIVE : CBOR_UNSIGNED,
                            (uint64_t)(integer ^ integer >> 63));
    if (field->type == CONNSTAT_FLOAT)
        return write_double(at, field->value.real);
    if (field->type == CONNSTAT_SLICE)
        return at < end ? metadata_put_slice(at, end, field->value.slice) : NULL;
    if (unlikely(field->type != CONNSTAT_BOOL))
        return NULL;
    *at = field->value.boolean ? CBOR_TRUE : CBOR_FALSE;
    return at + 1;
}

/* ---- Calls -------------------------------------------------------------------------------- */

/* The room is compared once, at the end. Until then each field may have written two blocks beyond its
 * own end: the block of a name, and behind it a number, or a text of less than a block. */
static_assert(ENCODE_SLACK >= (CALL_FIELDS + 1) * 2 * BLOCK, "behind the room");

static seldom int check_texts(const struct connstat_field *fields, size_t count, int written)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].type == CONNSTAT_TEXT &&
            !utf8_valid((const uint8_t *)fields[i].value.text, strlen(fields[i].value.text)))
            return -EINVAL;
    return written;
}

int metadata_encode_as(const struct metadata_call *call, const struct connstat_field *fields,
                       uint8_t *buf, size_t size)
{
    const struct metadata_name *name = call->names;
    size_t count = call->count;
    const struct connstat_field *field = fields, *last = fields + count;
    const uint8_t *end = buf + size;
    uint8_t *at = buf;
    uint64_t highs = 0;

    *at++ = (uint8_t)(CBOR_MAP | count);
    do {
        if (unlikely(field->name != name->name || !reads_as_before(name)))
            return 0;
        block_store(at, block_load(name->item));
        at = write_value(at + name->length, end, field, &highs);
        if (unlikely(at == NULL))
            return 0;
        name++;
    } while (++field != last);
    if (unlikely(at > end))
        return 0;
    if (unlikely((highs & UTF8_HIGHS) != 0))
        return check_texts(last - count, count, (int)(at - buf));
    return (int)(at - buf);
}

int metadata_encode_and_learn(struct metadata_call *call, const struct connstat_field *fields,
                              size_t count, uint8_t *buf, size_t size)
{
    int written = metadata_encode(fields, count, buf, size);

    if (written > 0 && call->misses++ % MISSES_BEFORE_LEARNING == 0)
        learn(call, fields, count);
    return written;
}
