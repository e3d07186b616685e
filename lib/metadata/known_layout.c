/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "metadata/known_layout.h"

#include <string.h>

#include "metadata/get.h"
#include "metadata/metadata.h"

/* ---- Learning ----------------------------------------------------------------------------- */

/* Notes where the pair that begins at bytes[at] has its name and its value, and in `keep` (see
 * known_layout.h) where its two items begin. Returns where the next pair begins. */
static size_t note(struct metadata_layout *layout, uint8_t *keep, const uint8_t *bytes, size_t at,
                   size_t size)
{
    const uint8_t *end = bytes + size, *text = NULL;
    const uint8_t *value = get_text(bytes + at, end, &text, &(size_t){0}), *next;
    size_t i = layout->count++;
    struct connstat_field field = {0};

    keep[at] = keep[value - bytes] = 0;
    layout->fields[i].name = (uint8_t)(text - bytes);
    next = get_value(value, end, &field);
    layout->fields[i].text = field.type == CONNSTAT_TEXT;
    layout->fields[i].value =
        (uint8_t)((layout->fields[i].text ? (const uint8_t *)field.value.text : value) - bytes);
    return (size_t)(next - bytes);
}

static seldom void learn(struct metadata_layout *layout, const uint8_t *bytes, size_t size)
{
    uint8_t keep[SHAPE_MAX_BYTES];

    layout->shape.size = 0;
    if (size < BLOCK || size > SHAPE_MAX_BYTES || metadata_validate(bytes, size) < 0)
        return;
    metadata_shape_learn(&layout->shape, bytes, size);
    if (layout->shape.size == 0)
        return;
    memset(keep, 0xFF, sizeof(keep));
    layout->count = 0;
    for (size_t at = 1; at < size;)
        at = note(layout, keep, bytes, at, size);
    memcpy(layout->keep, keep, size / BLOCK * BLOCK);
    if (size % BLOCK != 0)
        memcpy(layout->keep + size / BLOCK * BLOCK, keep + size - BLOCK, BLOCK);
}

/* Decodes a map that is of no known layout, and learns its layout. Where lengths differ from entry to
 * entry that costs more than it brings. So
 *   - after LAYOUT_TRUST more misses than hits no layout is looked for, for LAYOUT_REST entries;
 *   - a layout is learnt anew only at the 1st, 2nd, 4th, 8th miss of its size, and so on. */
static __attribute__((noinline)) int decode_and_learn(struct metadata_layouts *layouts,
                                                      struct metadata_layout *layout,
                                                      const uint8_t *bytes, size_t size,
                                                      uint8_t *scratch,
                                                      struct connstat_field *fields, size_t max)
{
    uint32_t misses = layout->shape.misses++;

    if (--layouts->trust < 0) {
        layouts->trust = LAYOUT_TRUST / 2;
        layouts->rest = LAYOUT_REST;
    }
    if ((misses & (misses - 1)) == 0)
        learn(layout, bytes, size);
    return metadata_decode_beside(bytes, size, scratch, fields, max);
}

/* ---- Decoding ----------------------------------------------------------------------------- */

static inline block copy_block(const struct metadata_layout *layout, size_t i, const uint8_t *bytes,
                               uint8_t *scratch)
{
    block read = block_load(bytes);

    block_store(scratch, read & block_load(&layout->keep[i]));
    return shape_within(&layout->shape, i, read);
}

/* Copies the map to scratch and puts a NUL behind each text. False: it is not of this layout. */
static inline bool copy_alike(const struct metadata_layout *layout, const uint8_t *bytes,
                              size_t size, uint8_t *scratch)
{
    size_t whole = size / BLOCK * BLOCK;
    block all = copy_block(layout, 0, bytes, scratch);

    for (size_t i = BLOCK; i < whole; i += BLOCK)
        all &= copy_block(layout, i, bytes + i, scratch + i);
    if (size != whole)
        all &= copy_block(layout, whole, bytes + size - BLOCK, scratch + size - BLOCK);
    scratch[size] = 0;
    return block_is_full(all);
}

int metadata_decode_alike(struct metadata_layouts *layouts, const uint8_t *bytes, size_t size,
                          uint8_t *scratch, struct connstat_field *fields, size_t max)
{
    struct metadata_layout *layout = &layouts->of[size % SHAPES];

    if (unlikely(size == 0))
        return 0; /* not further: an unused layout also has the size 0, and would be taken for known */
    if (layouts->rest > 0) {
        layouts->rest--;
        return metadata_decode_beside(bytes, size, scratch, fields, max);
    }
    if (unlikely(size != layout->shape.size || layout->count > max ||
                 !copy_alike(layout, bytes, size, scratch)))
        return decode_and_learn(layouts, layout, bytes, size, scratch, fields, max);
    layouts->trust += layouts->trust < LAYOUT_TRUST;
    for (size_t i = 0; i < layout->count; i++) {
        fields[i].name = (const char *)scratch + layout->fields[i].name;
        if (layout->fields[i].text) {
            fields[i].type = CONNSTAT_TEXT;
            fields[i].value.text = (const char *)scratch + layout->fields[i].value;
        } else {
            get_value(bytes + layout->fields[i].value, bytes + size, &fields[i]);
        }
    }
    return (int)layout->count;
}
