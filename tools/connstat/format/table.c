/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/table.h"

#include <stdio.h>
#include <string.h>

#include "common/color.h"
#include "common/text.h"

void table_start(struct table *table, const struct context *context, bool live)
{
    *table =
        (struct table){.color = context->color, .live = live, .has_titles = !context->no_headers};
}

static void keep_cell(struct table *table, const char *text, const char *color)
{
    buffer_add(&table->cells, color, strlen(color) + 1);
    buffer_add(&table->cells, text, strlen(text) + 1);
}

void table_column(struct table *table, const char *title, bool right, size_t width)
{
    size_t title_width = text_width(title);
    size_t least = width > title_width ? width : title_width;
    table->widths[table->column_count] = table->has_titles ? least : 0;
    table->right[table->column_count++] = right;
    if (!table->has_titles)
        return;
    keep_cell(table, title, COLOR_BOLD);
    table->waiting = 1;
}

static void pad(size_t columns)
{
    for (size_t i = 0; i < columns; i++)
        putchar(' ');
}

static void print_cell(const struct table *table, size_t column, const char *text,
                       const char *color)
{
    bool last = column + 1 == table->column_count;
    bool colored = table->color && *color;
    size_t width = text_width(text);
    size_t padding = width < table->widths[column] ? table->widths[column] - width : 0;
    bool is_list = table->column_count == 1 && !table->has_titles; /* for scripts: no blanks */
    if (table->right[column] && !is_list)
        pad(padding);
    if (colored)
        fputs(color, stdout);
    fputs(text, stdout);
    if (colored)
        fputs(COLOR_RESET, stdout);
    if (!table->right[column] && !last)
        pad(padding);
    fputs(last ? "\n" : "  ", stdout);
}

/* Print the rows that wait for the widths; later rows are printed as they come. */
static void settle(struct table *table)
{
    const char *text = table->cells.length > 0 ? table->cells.bytes : ""; /* NULL without rows */
    const char *end = text + table->cells.length;
    for (size_t i = 0; text < end; i++) {
        const char *color = text;
        text += strlen(text) + 1;
        print_cell(table, i % table->column_count, text, color);
        text += strlen(text) + 1;
    }
    buffer_free(&table->cells);
    table->settled = true;
}

void table_cell(struct table *table, const char *text, const char *color)
{
    size_t column = table->cell;
    table->cell = (column + 1) % table->column_count;
    if (!color)
        color = "";
    if (column == 0 && !table->settled && (table->live || table->waiting > TABLE_SAMPLE_ROWS))
        settle(table);
    if (table->settled) {
        print_cell(table, column, text, color);
        return;
    }
    size_t width = text_width(text);
    if (width > table->widths[column])
        table->widths[column] = width;
    keep_cell(table, text, color);
    table->waiting += table->cell == 0;
}

void table_end(struct table *table)
{
    if (!table->settled)
        settle(table);
}

void table_discard(struct table *table)
{
    buffer_free(&table->cells);
}
