/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a list remembers of the maps that it has decoded. Entries next to each other mostly have the
 * same shape (known_shape.h); then their names, texts and numbers are at the same places, too, and
 * need not be looked for. It saves a list a fifth of its instructions (bench/README.md).
 *
 * It cannot make a list wrong: a map of another shape goes through metadata_decode.
 */
#ifndef LIB_KNOWN_LAYOUT_H
#define LIB_KNOWN_LAYOUT_H

#include <connstat.h>

#include "metadata/known_shape.h"

enum {
    LAYOUT_TRUST =
        16, /* after so many more misses than hits the layouts are not used for a while, */
    LAYOUT_REST = 64, /* which lasts for so many entries */
};

struct metadata_layout {
    struct metadata_shape shape;
    /* For each byte of the map 0xFF, or 0 where an item begins. Copied bytes are and-ed with it, so a
     * NUL comes where an item begins: behind the text of the item before. */
    uint8_t keep[SHAPE_MAX_BYTES];
    uint32_t count; /* of fields */
    struct {
        uint8_t name,
            value; /* where the name begins; where the value's text, or its head, begins */
        bool text;
    } fields[SHAPE_MAX_BYTES / 3];
};

struct metadata_layouts {
    int trust;     /* +1 by a hit, up to LAYOUT_TRUST; -1 by a miss; below 0 the rest begins */
    uint32_t rest; /* so many more entries are decoded without looking for a layout */
    struct metadata_layout of[SHAPES]; /* the size of a map says which */
};

static inline void metadata_layouts_init(struct metadata_layouts *layouts)
{
    layouts->trust = LAYOUT_TRUST;
    layouts->rest = 0;
    for (size_t i = 0; i < SHAPES; i++)
        layouts->of[i].shape.size = layouts->of[i].shape.misses = 0;
}

/* Does what metadata_decode_beside does, and is quicker for a map of a known layout. */
int metadata_decode_alike(struct metadata_layouts *layouts, const uint8_t *bytes, size_t size,
                          uint8_t *scratch, struct connstat_field *fields, size_t max);

#endif
