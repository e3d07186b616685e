/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How rows and columns share a terminal of any size.
 */
#ifndef TOP_LAYOUT_H
#define TOP_LAYOUT_H

#include <stdbool.h>

#define TOP_MAX_COLUMNS 12

struct top_column {
    const char *title;
    int width;  /* at least */
    int rank;   /* where the terminal is narrow, the highest goes first; 0 always stays */
    bool right; /* aligned, as numbers are */
    bool grows; /* takes what is left over */
    bool sorts; /* may be sorted by: numbers the most first, words from A */
};

/* The widths of count columns, one blank between them, in width; 0: hidden. */
void top_layout_columns(const struct top_column *columns, int count, int width, int *widths);

enum { TOP_TYPES, TOP_WORKERS, TOP_DEATHS_PANEL, TOP_PANELS };

/* The heights of the panels in height rows, headings included, given what each could use. Where
 * all could show too little of themselves, the focused one has it alone: true. */
bool top_layout_panels(const int *wanted, int focus, int height, int *heights);

#endif
