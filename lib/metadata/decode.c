/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Decodes usual maps quickly. It has no branch that depends on how long a text is, because a processor
 * cannot foresee the lengths of names and addresses. In return nobody else may write to the bytes, and
 * there must be room behind them. Unusual maps are left to metadata_decode.
 */
#include "metadata/metadata.h"

#include <assert.h>
#include <string.h>

#include "block.h"
#include "metadata/get.h"

/* ---- Texts -------------------------------------------------------------------------------- */

typedef int8_t signed_block __attribute__((vector_size(BLOCK)));

/* A block that is read from &beyond[BLOCK - n] has n bytes of zeros, which count, and then ones. */
static const uint8_t beyond[2 * BLOCK] = {
    [BLOCK... 2 * BLOCK - 1] = 0xFF,
};

/* Of the first `size` bytes, at most BLOCK: 0xFF where a byte is in 1..127. 0xFF for all others, too. */
static inline block plain(const uint8_t *text, size_t size)
{
    return (block)((signed_block)block_load(text) > 0) | block_load(beyond + BLOCK - size);
}

static inline size_t at_most_block(size_t size)
{
    return size < BLOCK ? size : BLOCK;
}

/* The same for a text of any size. It always looks at two blocks, and at more if the text has them. */
static inline block plain_text(const uint8_t *text, size_t size)
{
    size_t more = size - at_most_block(size);
    block all = plain(text, size - more);

    for (; unlikely(more > BLOCK); more -= BLOCK) {
        text += BLOCK;
        all &= plain(text, BLOCK);
    }
    return all & plain(text + BLOCK, more);
}

/* ---- Values ------------------------------------------------------------------------------- */

/* Reads an integer, whose head is at `at`. Returns where the next item begins; NULL: unusual. */
static inline const uint8_t *number(const uint8_t *at, struct connstat_field *field)
{
    uint8_t info = *at & CBOR_INFO;
    uint64_t value = info;
    size_t bytes = 0;

    if (info >= CBOR_INLINE) {
        if (unlikely(info > CBOR_INLINE + 3))
            return NULL;
        bytes = (size_t)1 << (info - CBOR_INLINE);
        value = __builtin_bswap64(utf8_load8(at + 1)) >> (64 - 8 * bytes);
        if (unlikely(value > INT64_MAX))
            return NULL;
    }
    field->type = CONNSTAT_INT;
    field->value.integer = (int64_t)(value ^ (*at & CBOR_NEGATIVE ? UINT64_MAX : 0));
    return at + 1 + bytes;
}

/* A text may begin where the bytes end; two blocks from there on are read even then. */
static_assert(DECODE_SLACK >= 2 * BLOCK, "behind the bytes");

/* ---- Maps --------------------------------------------------------------------------------- */

/* Decodes the pairs of a map, whose bytes have been copied to scratch. False: a pair is wrong or
 * unusual; metadata_decode finds out which. */
static inline bool decode_usual(const uint8_t *restrict bytes, size_t size,
                                uint8_t *restrict scratch, struct connstat_field *restrict fields,
                                size_t count)
{
    const uint8_t *at = bytes + 1, *end = bytes + size;
    block good = block_load(beyond + BLOCK);

    for (size_t i = 0; i < count; i++) {
        uint8_t head = (uint8_t)(*at - CBOR_TEXT);
        const uint8_t *value = at + 1 + head;

        /* A usual name has 1 to BLOCK bytes, and a value behind it. There is none if the number before
         * this pair ended too late. */
        if (unlikely((uint8_t)(head - 1) >= BLOCK || value >= end))
            return false;
        good &= plain(at + 1, head);
        scratch[at - bytes] = scratch[value - bytes] = 0;
        fields[i].name = (const char *)scratch + (at + 1 - bytes);
        /* A text whose length stands in its head, or in the one byte behind it. (The subtraction wraps
         * round: the head of anything else becomes a larger number.) */
        head = (uint8_t)(*value - CBOR_TEXT);
        if (head <= CBOR_INLINE) {
            size_t wide = head == CBOR_INLINE, length = wide ? value[1] : head;

            value += 1 + wide;
            at = value + length;
            if (unlikely(at > end))
                return false;
            good &= plain_text(value, length);
            fields[i].type = CONNSTAT_TEXT;
            fields[i].value.text = (const char *)scratch + (value - bytes);
        } else if ((*value & CBOR_MAJOR) <= CBOR_NEGATIVE) {
            at = number(value, &fields[i]);
        } else {
            at = (*value & CBOR_MAJOR) != CBOR_TEXT ? get_value(value, end, &fields[i]) : NULL;
        }
        if (unlikely(at == NULL))
            return false;
    }
    return at == end && block_is_full(good);
}

int metadata_decode_beside(const uint8_t *bytes, size_t size, uint8_t *scratch,
                           struct connstat_field *fields, size_t max)
{
    size_t count = (size_t)bytes[0] - CBOR_MAP;

    for (size_t i = 0; i < size; i += BLOCK)
        block_store(scratch + i, block_load(bytes + i));
    scratch[size] = 0;
    if (likely(size > 0 && count < CBOR_INLINE && count <= max) &&
        likely(decode_usual(bytes, size, scratch, fields, count)))
        return (int)count;
    memcpy(scratch, bytes, size);
    return metadata_decode(scratch, size, fields, max);
}
