/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a thread remembers of metadata that it found right: a server registers the same fields over
 * and over. Bytes with the heads and names of a map that was right, and plain text where it had
 * text, are right as well, which a comparison of each byte with two bounds tells, sixteen at once.
 *
 * Never wrong: what is not alike goes through metadata_validate.
 */
#ifndef CONNSTAT_SHM_METADATA_SHAPE_H
#define CONNSTAT_SHM_METADATA_SHAPE_H

#include "block.h"

enum { SHAPES = 8, SHAPE_MIN_BYTES = 8, SHAPE_MAX_BYTES = 96 };

/* Of maps of one size. A byte is alike if it is in low..low + range: a head or a name has one
 * value, a text has 1..127, a number has any. In blocks of 16 bytes; the last one overlaps the one
 * before where the size is no multiple. */
struct metadata_shape {
    uint8_t low[SHAPE_MAX_BYTES];
    uint8_t range[SHAPE_MAX_BYTES];
    uint32_t size;   /* 0: nothing learnt */
    uint32_t misses; /* of this size */
};

/* A thread's; all zero at first. */
struct metadata_shapes {
    struct metadata_shape of[SHAPES]; /* by size */
};

/* 0xFF where one of the bytes that were loaded for shape's block at i is alike. */
static inline block shape_within(const struct metadata_shape *shape, size_t i, block bytes)
{
    return (block)(bytes - block_load(&shape->low[i]) <= block_load(&shape->range[i]));
}

/* From bytes that are right, SHAPE_MIN_BYTES to SHAPE_MAX_BYTES of them; what cannot be learnt
 * leaves nothing. */
void metadata_shape_learn(struct metadata_shape *shape, const uint8_t *bytes, size_t size);

/* As metadata_validate. */
int metadata_validate_alike(struct metadata_shapes *shapes, const void *bytes, size_t size);

#endif
