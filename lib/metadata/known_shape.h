/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a thread remembers of maps that it has found right. A server registers the same fields over
 * and over. A map with the same heads and names as one that was right, and with plain ASCII where
 * that one had text, is right as well. To find out, each byte is compared with two bounds, sixteen
 * bytes at once. It saves a registration of encoded bytes more than a third of its instructions
 * (bench/README.md).
 *
 * It cannot let anything wrong in: what is not alike goes through metadata_validate.
 */
#ifndef LIB_KNOWN_SHAPE_H
#define LIB_KNOWN_SHAPE_H

#include "block.h"

enum { SHAPES = 8, SHAPE_MIN_BYTES = 8, SHAPE_MAX_BYTES = 96 };

/* The bounds for maps of one size: a byte is alike if it lies in low..low + range. That is one
 * value for a byte of a head or a name, 1..127 for one of a text, any for one of a number. They are
 * kept in blocks of 16 bytes; where the size is no multiple of 16, the last block overlaps the one
 * before. */
struct metadata_shape {
    uint8_t low[SHAPE_MAX_BYTES];
    uint8_t range[SHAPE_MAX_BYTES];
    uint32_t size;   /* of the map that was learnt; 0: none was */
    uint32_t misses; /* maps of this size that were not alike */
};

/* What one thread remembers; all zero at first. */
struct metadata_shapes {
    struct metadata_shape of[SHAPES]; /* the size of a map says which */
};

/* 0xFF for each of these bytes that lies within the bounds of the shape's bytes from i on. */
static inline block shape_within(const struct metadata_shape *shape, size_t i, block bytes)
{
    return (block)(bytes - block_load(&shape->low[i]) <= block_load(&shape->range[i]));
}

/* Learns the bounds from a map that is right and has SHAPE_MIN_BYTES to SHAPE_MAX_BYTES bytes. If it has
 * an item that cannot be learnt, shape->size becomes 0. */
void metadata_shape_learn(struct metadata_shape *shape, const uint8_t *bytes, size_t size);

/* Does what metadata_validate does, and is quicker for a map of a known shape. */
int metadata_validate_alike(struct metadata_shapes *shapes, const void *bytes, size_t size);

#endif
