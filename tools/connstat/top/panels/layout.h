/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How panels and columns share a terminal of any size.
 */
#ifndef TOP_LAYOUT_H
#define TOP_LAYOUT_H

#include <stdbool.h>

#define TOP_MAX_COLUMNS 12

struct top_column {
    const char *title;
    int width;  /* its least width */
    int rank;   /* on a narrow terminal the highest rank is left out first; rank 0 stays */
    bool right; /* aligned to the right, as numbers are */
    bool grows; /* gets the columns that are left over */
    int most;   /* up to this width; 0: as many as there are */
    bool sorts; /* rows may be sorted by it: numbers from the greatest on, words from A on */
    bool tells; /* its heading says how many rows are shown, "2 of 4", where some are not */
};

/* Write the widths of the columns into widths, for a terminal of that width with a blank between
 * two columns; 0: the column is hidden. Those whose bits are set in hidden are in any case. */
void top_layout_columns(const struct top_column *columns, int count, unsigned hidden, int width,
                        int *widths);

enum { TOP_TYPES, TOP_WORKERS, TOP_DEATHS_PANEL, TOP_PANELS };

/* Write the heights of the panels into heights, headings included, given how many rows each
 * could fill. Returns true where there is too little room to share: then the focused panel has
 * it alone. */
bool top_layout_panels(const int *wanted, int focus, int height, int *heights);

#endif
