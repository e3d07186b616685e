/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The segments that top can switch between.
 */
#ifndef TOP_SEGMENTS_H
#define TOP_SEGMENTS_H

#include "top/state/state.h"

struct top_names {
    char list[TOP_MAX_SEGMENTS][64];
    size_t count;
};

/* Those that were named where several were, else those of this machine by name. */
void top_find_names(const struct context *context, struct top_names *names);

/* The place of this name among them, from 0; their count: it is none of them. */
size_t top_place_among(const struct top_names *names, const char *name);

/* Set top->segments and top->segment_place. */
void top_count_segments(struct top *top);

#endif
