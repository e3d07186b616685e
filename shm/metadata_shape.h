/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a thread remembers of metadata that it found right: a server registers the same fields over
 * and over. Bytes with the heads and names of a map that was right, and plain text where it had
 * text, are right as well, which a few comparisons of words tell.
 *
 * Never wrong: what is not alike goes through metadata_validate.
 */
#ifndef CONNSTAT_SHM_METADATA_SHAPE_H
#define CONNSTAT_SHM_METADATA_SHAPE_H

#include <stddef.h>
#include <stdint.h>

enum { SHAPES = 8, SHAPE_WORDS = 12, SHAPE_MIN_BYTES = 8, SHAPE_MAX_BYTES = 8 * SHAPE_WORDS };

/* Of maps of one size. In words; where it is no multiple of eight, the last one overlaps. */
struct metadata_shape {
    uint64_t fixed[SHAPE_WORDS]; /* heads and names */
    uint64_t mask[SHAPE_WORDS];  /* where they are */
    uint64_t text[SHAPE_WORDS];  /* the highest bit of each byte of a text value */
    uint32_t size;               /* 0: nothing learnt */
    uint32_t misses;             /* of this size */
};

/* A thread's; all zero at first. */
struct metadata_shapes {
    struct metadata_shape of[SHAPES]; /* by size */
};

/* As metadata_validate. */
int metadata_validate_alike(struct metadata_shapes *shapes, const void *bytes, size_t size);

#endif
