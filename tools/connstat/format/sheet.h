/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Rows of values in every format that -o knows, from one table of columns; FORMATS.md says what
 * comes out. Any number of rows in constant memory.
 *
 *     static const struct column columns[] = {{"pid", "PID", VALUE_NUMBER}, ...};
 *     struct sheet sheet;
 *     struct sheet_about about = {.rows = "workers", .segment = segment};
 *     sheet_start(&sheet, context, columns, COLUMN_COUNT(columns), &about);
 *     sheet_row(&sheet, (struct value[]){{.integer = 4711}, ...});
 *     sheet_end(&sheet);
 */
#ifndef TOOLS_SHEET_H
#define TOOLS_SHEET_H

#include "common/context.h"
#include "format/json.h"
#include "format/table.h"
#include "format/value.h"

struct column {
    const char *name;  /* for machines; NULL: people only */
    const char *title; /* for people; NULL: machines only */
    enum value_kind kind;
    bool wide; /* for people only with -o wide */
    int width; /* at least so wide for people */
};
#define COLUMN_COUNT(columns) (sizeof(columns) / sizeof(*(columns)))

struct sheet_about {
    const char *rows;    /* name of the array in JSON */
    const char *segment; /* NULL: the rows are not about one segment */
    const char *empty;   /* what people read where there are no rows; NULL: the headings alone */
    int schema;          /* of the JSON document; 0: SCHEMA */
    bool live;           /* each row is written when it comes; JSON is one object a line */
};

struct sheet {
    const struct context *context;
    const struct column *columns;
    size_t column_count;
    struct sheet_about about;
    uint64_t row_count;
    struct jsonw json; /* with -o json: open for more members until the first row comes */
    struct table table;
    struct buffer cell;
};

void sheet_start(struct sheet *sheet, const struct context *context, const struct column *columns,
                 size_t column_count, const struct sheet_about *about);
void sheet_row(struct sheet *sheet, const struct value *values);
void sheet_end(struct sheet *sheet);

/* Print one record instead of rows: for people a line a value, for programs one object or row. */
void sheet_record(const struct context *context, const char *segment, const struct column *columns,
                  size_t column_count, const struct value *values);

/* Write a row as an object, as -o json shows it. name is as for jsonw_open. */
void row_json(struct jsonw *json, const char *name, const struct column *columns,
              size_t column_count, const struct value *values);

#endif
