/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "metadata/known_shape.h"

#include <stdbool.h>
#include <string.h>

#include "metadata/cbor.h"
#include "metadata/metadata.h"
#include "metadata/utf8.h"

/* Several shapes may have one size; so what was learnt of it is replaced only at each 4th miss. */
enum { MISSES_BEFORE_LEARNING = 4 };

/* Loads a map of less than a block as one block: its first half and its last half, which overlap. */
static inline block load_halves(const uint8_t *bytes, size_t size)
{
    uint64_t halves[2] = {utf8_load8(bytes), utf8_load8(bytes + size - 8)};

    return block_load(halves);
}

static inline bool alike(const struct metadata_shape *shape, const uint8_t *bytes, size_t size)
{
    block all;

    if (unlikely(size < BLOCK))
        return block_is_full(shape_within(shape, 0, load_halves(bytes, size)));
    all = shape_within(shape, 0, block_load(bytes));
    for (size_t i = BLOCK; i + BLOCK <= size; i += BLOCK)
        all &= shape_within(shape, i, block_load(bytes + i));
    if (size % BLOCK != 0)
        all &= shape_within(shape, size / BLOCK * BLOCK, block_load(bytes + size - BLOCK));
    return block_is_full(all);
}

/* Notes the bounds of the item whose head is at bytes[at]. Returns where the next one begins; 0: an item
 * of this kind cannot be learnt. */
static size_t note(const uint8_t *bytes, size_t at, bool name, uint8_t *low, uint8_t *range)
{
    uint8_t head = bytes[at];
    size_t heads = 1, size;

    low[at] = head;
    range[at] = 0;
    if (metadata_item_bytes[head] !=
        0) { /* a number: its head must be the same, its bytes may differ */
        if (head == CBOR_FALSE || head == CBOR_TRUE) {
            low[at] = CBOR_FALSE;
            range[at] = CBOR_TRUE - CBOR_FALSE;
        }
        return at + metadata_item_bytes[head];
    }
    if ((head & CBOR_MAJOR) != CBOR_TEXT || (head & CBOR_INFO) > CBOR_INLINE)
        return 0;
    size = head & CBOR_INFO;
    if (size == CBOR_INLINE) {
        size = bytes[at + 1];
        heads = 2;
    }
    memcpy(low + at, bytes + at, heads + size);
    memset(range + at, 0, heads + size);
    if (!name) {
        memset(low + at + heads, 1, size);
        memset(range + at + heads, 127 - 1, size);
    }
    return at + heads + size;
}

static void spread(uint8_t *to, const uint8_t *bounds, size_t size)
{
    size_t whole = size / BLOCK * BLOCK;

    if (size < BLOCK) {
        block_store(to, load_halves(bounds, size));
        return;
    }
    memcpy(to, bounds, whole);
    if (size != whole)
        memcpy(to + whole, bounds + size - BLOCK, BLOCK);
}

seldom void metadata_shape_learn(struct metadata_shape *shape, const uint8_t *bytes, size_t size)
{
    uint8_t low[SHAPE_MAX_BYTES] = {0}, range[SHAPE_MAX_BYTES];
    bool name = true;

    memset(range, UINT8_MAX, sizeof(range));
    shape->size = 0;
    if ((bytes[0] & CBOR_INFO) >= CBOR_INLINE)
        return;
    low[0] = bytes[0];
    range[0] = 0;
    for (size_t at = 1; at < size; name = !name) {
        at = note(bytes, at, name, low, range);
        if (at == 0)
            return;
    }
    spread(shape->low, low, size);
    spread(shape->range, range, size);
    shape->size = (uint32_t)size;
}

static __attribute__((noinline)) int validate_and_learn(struct metadata_shape *shape,
                                                        const void *bytes, size_t size)
{
    int error = metadata_validate(bytes, size);

    if (error == 0 && shape->misses++ % MISSES_BEFORE_LEARNING == 0)
        metadata_shape_learn(shape, bytes, size);
    return error;
}

int metadata_validate_alike(struct metadata_shapes *shapes, const void *bytes, size_t size)
{
    struct metadata_shape *shape = &shapes->of[size % SHAPES];

    if (unlikely(size < SHAPE_MIN_BYTES || size > SHAPE_MAX_BYTES))
        return metadata_validate(bytes, size);
    if (likely(shape->size == size && alike(shape, bytes, size)))
        return 0;
    return validate_and_learn(shape, bytes, size);
}
