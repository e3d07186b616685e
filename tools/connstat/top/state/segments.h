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

/* Finds the segments to switch between: those that the command line names if it names several; else all of
 * this machine, sorted by name. */
void top_find_names(const struct context *context, struct top_names *names);

/* Returns the place of this name in the list, from 0; names->count if it is not in it. */
size_t top_place_among(const struct top_names *names, const char *name);

/* Set top->segments and top->segment_place. */
void top_count_segments(struct top *top);

#endif
