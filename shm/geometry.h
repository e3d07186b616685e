/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Where everything lies in a segment: computed from its shape alone, never read from the segment,
 * so that a damaged one cannot lead anybody astray.
 */
#ifndef SHM_GEOMETRY_H
#define SHM_GEOMETRY_H

#include "shape.h"

/* Fills geometry. Returns 0, or -EINVAL for a shape that no segment has. */
int geometry_compute(struct geometry *geometry, const struct shape *shape);

/* The shape that a header claims, checked; header is a private copy.
 * Returns 0; -EBADMSG not a segment, or damaged; -EPROTO another version. */
int geometry_from_header(struct geometry *geometry, const struct header *header);

/* Fill a new header's constant part. */
void geometry_to_header(const struct geometry *geometry, struct header *header);

uint64_t header_checksum(const struct header *header);

/* Is a segment of the one shape also one of the other, once its tables have grown as far as that one
 * says? All is the same but the capacities that they begin with. */
bool shape_alike(const struct shape *a, const struct shape *b);

#endif
