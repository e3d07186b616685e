/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Computes where everything lies in a segment from its shape alone. No offset is read from the segment,
 * so a damaged one cannot lead anybody astray. Where grown tables lie is computed by growth.h.
 */
#ifndef SHM_GEOMETRY_H
#define SHM_GEOMETRY_H

#include "shape.h"

/* Fills geometry. Returns 0, or -EINVAL for a shape that no segment has. */
int geometry_compute(struct geometry *geometry, const struct shape *shape);

/* Checks the shape that a header says, and fills geometry for it. `header` must be a private copy, which
 * nobody can change meanwhile. Returns 0; -EBADMSG: no segment, or a damaged one; -EPROTO: another
 * version. */
int geometry_from_header(struct geometry *geometry, const struct header *header);

/* Fills that part of a new header which never changes. */
void geometry_to_header(const struct geometry *geometry, struct header *header);

uint64_t header_checksum(const struct header *header);

/* Are these two shapes alike in all but the capacities with which their types begin? Then a segment of
 * one becomes one of the other once its tables have grown. */
bool shape_alike(const struct shape *a, const struct shape *b);

#endif
