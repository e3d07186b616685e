/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Aligned columns for people. The widths are those of the first rows, so that a million rows need
 * no more memory than these; a later cell that is wider shifts the rest of its own line only.
 */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "common/buffer.h"
#include "common/context.h"

#define TABLE_MAX_COLUMNS 24
#define TABLE_SAMPLE_ROWS 500

struct table {
    bool color, live, has_titles;
    size_t column_count;
    size_t widths[TABLE_MAX_COLUMNS];
    bool right[TABLE_MAX_COLUMNS];
    size_t cell;         /* the next cell to fill, in the row that is being filled */
    size_t waiting;      /* how many complete rows .cells holds */
    bool settled;        /* the widths are fixed, and nothing waits */
    struct buffer cells; /* of the rows that wait, for each cell: colour, NUL, text, NUL */
};

void table_start(struct table *table, const struct context *context, bool live);
void table_column(struct table *table, const char *title, bool right, size_t width);

/* Add the next cell. text must be safe for a terminal (buffer_safe); color is NULL or one of
 * color.h. */
void table_cell(struct table *table, const char *text, const char *color);
void table_end(struct table *table); /* prints the rows that still wait */
void table_discard(struct table *table);

#endif
