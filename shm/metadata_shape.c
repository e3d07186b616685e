/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "metadata_shape.h"

#include <stdbool.h>
#include <string.h>

#include "metadata.h"
#include "metadata_cbor.h"
#include "utf8.h"

enum { MISSES_BEFORE_LEARNING = 4 }; /* so that sizes that many shapes share cost little */

static inline uint64_t unlike(const struct metadata_shape *shape, size_t i, uint64_t word)
{
    return ((word ^ shape->fixed[i]) & shape->mask[i]) | (utf8_unplain(word) & shape->text[i]);
}

static inline bool alike(const struct metadata_shape *shape, const uint8_t *bytes, size_t size)
{
    size_t words = size / 8;
    uint64_t difference = 0;

    for (size_t i = 0; i < words; i++)
        difference |= unlike(shape, i, utf8_load8(bytes + 8 * i));
    if (size % 8 != 0)
        difference |= unlike(shape, words, utf8_load8(bytes + size - 8));
    return difference == 0;
}

/* Marks one item, whose head is at bytes[at], in both masks; returns where the next one is. 0: one
 * that is not learnt. */
static size_t mark(const uint8_t *bytes, size_t at, bool name, uint8_t *mask, uint8_t *text)
{
    uint8_t head = bytes[at];
    size_t heads = 1, size;

    if (metadata_item_bytes[head] != 0) {
        /* A number's own bytes are free; true and false differ in the lowest bit. */
        mask[at] = head == CBOR_FALSE || head == CBOR_TRUE ? 0xFE : 0xFF;
        return at + metadata_item_bytes[head];
    }
    if ((head & CBOR_MAJOR) != CBOR_TEXT || (head & CBOR_INFO) > CBOR_INLINE)
        return 0;
    size = head & CBOR_INFO;
    if (size == CBOR_INLINE) {
        size = bytes[at + 1];
        heads = 2;
    }
    memset(mask + at, 0xFF, heads + (name ? size : 0));
    if (!name)
        memset(text + at + heads, 0x80, size);
    return at + heads + size;
}

/* From bytes that are right. */
static __attribute__((noinline, cold)) void learn(struct metadata_shape *shape,
                                                  const uint8_t *bytes, size_t size)
{
    uint8_t mask[SHAPE_MAX_BYTES] = {0}, text[SHAPE_MAX_BYTES] = {0};
    bool name = true;

    shape->size = 0;
    if ((bytes[0] & CBOR_INFO) >= CBOR_INLINE)
        return;
    mask[0] = 0xFF;
    for (size_t at = 1; at < size; name = !name) {
        at = mark(bytes, at, name, mask, text);
        if (at == 0)
            return;
    }
    for (size_t i = 0; 8 * i < size; i++) {
        size_t from = 8 * i + 8 <= size ? 8 * i : size - 8;

        shape->mask[i] = utf8_load8(mask + from);
        shape->text[i] = utf8_load8(text + from);
        shape->fixed[i] = utf8_load8(bytes + from) & shape->mask[i];
    }
    shape->size = (uint32_t)size;
}

static __attribute__((noinline)) int validate_and_learn(struct metadata_shape *shape,
                                                        const void *bytes, size_t size)
{
    int error = metadata_validate(bytes, size);

    if (error == 0 && shape->misses++ % MISSES_BEFORE_LEARNING == 0)
        learn(shape, bytes, size);
    return error;
}

int metadata_validate_alike(struct metadata_shapes *shapes, const void *bytes, size_t size)
{
    struct metadata_shape *shape = &shapes->of[size % SHAPES];

    if (UNLIKELY(size < SHAPE_MIN_BYTES || size > SHAPE_MAX_BYTES))
        return metadata_validate(bytes, size);
    if (LIKELY(shape->size == size && alike(shape, bytes, size)))
        return 0;
    return validate_and_learn(shape, bytes, size);
}
