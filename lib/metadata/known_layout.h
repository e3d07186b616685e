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
    LAYOUT_TRUST = 16, /* so many misses more than hits, and the layouts are not used for a while */
    LAYOUT_REST = 64,  /* for so many entries */
};

struct metadata_layout {
    struct metadata_shape shape;
    uint8_t keep[SHAPE_MAX_BYTES]; /* 0 where an item begins: texts end there; else 0xFF */
    uint32_t count;                /* of fields */
    struct {
        uint8_t name, value; /* where the name is, and the value: its text, or its head */
        bool text;
    } fields[SHAPE_MAX_BYTES / 3];
};

struct metadata_layouts {
    int trust;                         /* grows by a hit, up to LAYOUT_TRUST; shrinks by a miss */
    uint32_t rest;                     /* so many entries more are decoded without a look */
    struct metadata_layout of[SHAPES]; /* by size */
};

static inline void metadata_layouts_init(struct metadata_layouts *layouts)
{
    layouts->trust = LAYOUT_TRUST;
    layouts->rest = 0;
    for (size_t i = 0; i < SHAPES; i++)
        layouts->of[i].shape.size = layouts->of[i].shape.misses = 0;
}

/* As metadata_decode_beside. */
int metadata_decode_alike(struct metadata_layouts *layouts, const uint8_t *bytes, size_t size,
                          uint8_t *scratch, struct connstat_field *fields, size_t max);

#endif
