/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Aligned columns for people. The first rows decide the widths, so that a million rows need no
 * more memory than these; a later cell that is wider pushes its own line only.
 */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "common/buffer.h"
#include "common/context.h"

#define TABLE_MAX_COLUMNS 24
#define TABLE_SAMPLE_ROWS 500

struct table {
    bool color, live;
    size_t column_count;
    size_t widths[TABLE_MAX_COLUMNS];
    bool right[TABLE_MAX_COLUMNS];
    size_t cell;         /* of the row being filled */
    size_t waiting;      /* complete rows in .cells */
    bool settled;        /* widths are */
    struct buffer cells; /* colour NUL text NUL, for each */
};

void table_start(struct table *table, const struct context *context, bool live);
void table_column(struct table *table, const char *title, bool right, size_t width);

/* The next cell: text that is safe for a terminal; color NULL or one of color.h. */
void table_cell(struct table *table, const char *text, const char *color);
void table_end(struct table *table); /* print what still waits for widths */
void table_discard(struct table *table);

#endif
