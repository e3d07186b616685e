/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a list remembers of metadata that it decoded: entries next to each other mostly have the
 * same shape (metadata_shape.h), and then also their names, texts and numbers at the same places.
 *
 * Never wrong: what is not alike goes through metadata_decode.
 */
#ifndef CONNSTAT_SHM_METADATA_LAYOUT_H
#define CONNSTAT_SHM_METADATA_LAYOUT_H

#include <connstat.h>

#include "metadata/known_shape.h"

enum {
    LAYOUT_TRUST = 16, /* misses that it takes to lose all */
    LAYOUT_REST = 64,  /* entries decoded then without a look */
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
    int trust;                         /* more hits than misses lately; below 0: do not look */
    uint32_t rest;                     /* entries for which not to look */
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
