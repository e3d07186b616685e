/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/sheet.h"

#include <stdio.h>

#include "common/color.h"
#include "common/output.h"
#include "common/text.h"
#include "format/csv.h"

static bool shown(const struct context *context, const struct column *column)
{
    return column->title && (!column->wide || context->format == FORMAT_WIDE);
}

/* Say which of the fields that are columns are no number of JSON; where the whole metadata is a
 * column, it has said so of all. */
static void not_finite_json(struct jsonw *json, const struct column *columns, size_t column_count,
                            const struct value *values)
{
    bool is_open = false, has_metadata = false;
    for (size_t i = 0; i < column_count; i++)
        has_metadata |= columns[i].kind == VALUE_METADATA;
    for (size_t i = 0; i < column_count && !has_metadata; i++) {
        if (columns[i].kind == VALUE_FIELD_COLUMN)
            value_not_finite_json(json, &is_open, columns[i].name, &values[i]);
    }
    if (is_open)
        jsonw_close(json);
}

static void members_json(struct jsonw *json, const struct column *columns, size_t column_count,
                         const struct value *values)
{
    for (size_t i = 0; i < column_count; i++) {
        if (columns[i].name)
            value_json(json, columns[i].name, columns[i].kind, &values[i]);
    }
    not_finite_json(json, columns, column_count, values);
}

void row_json(struct jsonw *json, const char *name, const struct column *columns,
              size_t column_count, const struct value *values)
{
    jsonw_open(json, name, '{');
    members_json(json, columns, column_count, values);
    jsonw_close(json);
}

static void csv_header(const struct column *columns, size_t column_count)
{
    csv_cell("schema");
    for (size_t i = 0; i < column_count; i++) {
        if (columns[i].name)
            csv_cell(columns[i].name);
    }
    csv_end_row();
}

static void csv_row(const struct column *columns, size_t column_count, const struct value *values)
{
    char schema[TEXT_NUMBER_BYTES];
    csv_cell(text_count(SCHEMA, schema, sizeof(schema)));
    for (size_t i = 0; i < column_count; i++) {
        if (columns[i].name)
            value_csv(columns[i].kind, &values[i]);
    }
    csv_end_row();
}

static void start_table(struct sheet *sheet)
{
    table_start(&sheet->table, sheet->context, sheet->about.live);
    for (size_t i = 0; i < sheet->column_count; i++) {
        const struct column *column = &sheet->columns[i];
        if (shown(sheet->context, column))
            table_column(&sheet->table, column->title, value_is_right(column->kind),
                         (size_t)column->width);
    }
}

void sheet_start(struct sheet *sheet, const struct context *context, const struct column *columns,
                 size_t column_count, const struct sheet_about *about)
{
    *sheet = (struct sheet){
        .context = context, .columns = columns, .column_count = column_count, .about = *about};
    if (context->format == FORMAT_JSON && !about->live) {
        sheet->json = jsonw_document_of(stdout, about->schema ? about->schema : SCHEMA);
        if (about->segment)
            jsonw_text(&sheet->json, "segment", about->segment);
    } else if (context->format == FORMAT_CSV) {
        csv_start(context->csv_safe);
        if (!context->no_headers)
            csv_header(columns, column_count);
    } else if (for_people(context)) {
        start_table(sheet);
    }
    if (about->live)
        output_flush(); /* the titles, as the first row may be long in coming */
}

static void row_for_people(struct sheet *sheet, const struct value *values)
{
    struct buffer *cell = &sheet->cell;
    for (size_t i = 0; i < sheet->column_count; i++) {
        if (!shown(sheet->context, &sheet->columns[i]))
            continue;
        buffer_clear(cell);
        value_print(cell, sheet->columns[i].kind, &values[i]);
        table_cell(&sheet->table, cell->bytes ? cell->bytes : "", values[i].color);
    }
}

static void row_of_lines(struct sheet *sheet, const struct value *values)
{
    struct jsonw json = jsonw_document(stdout);
    members_json(&json, sheet->columns, sheet->column_count, values);
    jsonw_close(&json);
    putchar('\n');
}

static void row_of_document(struct sheet *sheet, const struct value *values)
{
    if (sheet->row_count == 0) {
        jsonw_open(&sheet->json, sheet->about.rows, '[');
        sheet->json.line_depth = sheet->json.depth;
    }
    row_json(&sheet->json, NULL, sheet->columns, sheet->column_count, values);
}

void sheet_row(struct sheet *sheet, const struct value *values)
{
    if (for_people(sheet->context))
        row_for_people(sheet, values);
    else if (sheet->context->format == FORMAT_CSV)
        csv_row(sheet->columns, sheet->column_count, values);
    else if (sheet->context->format == FORMAT_JSON && !sheet->about.live)
        row_of_document(sheet, values);
    else
        row_of_lines(sheet, values);
    sheet->row_count++;
    if (sheet->about.live)
        output_flush();
}

void sheet_end(struct sheet *sheet)
{
    const struct context *context = sheet->context;
    if (context->format == FORMAT_JSON && !sheet->about.live) {
        if (sheet->row_count == 0)
            jsonw_open(&sheet->json, sheet->about.rows, '[');
        jsonw_close(&sheet->json);
        jsonw_close(&sheet->json);
        putchar('\n');
    } else if (for_people(context) && sheet->row_count == 0 && sheet->about.empty) {
        puts(sheet->about.empty);
    } else if (for_people(context)) {
        table_end(&sheet->table);
    }
    table_discard(&sheet->table);
    buffer_free(&sheet->cell);
}

static void record_for_people(const struct context *context, const struct column *columns,
                              size_t column_count, const struct value *values)
{
    int width = 0;
    for (size_t i = 0; i < column_count; i++) {
        int title_width = shown(context, &columns[i]) ? (int)text_width(columns[i].title) : 0;
        width = title_width > width ? title_width : width;
    }
    struct buffer text = {0};
    for (size_t i = 0; i < column_count; i++) {
        if (!shown(context, &columns[i]))
            continue;
        const char *color = context->color && values[i].color ? values[i].color : "";
        buffer_clear(&text);
        value_print(&text, columns[i].kind, &values[i]);
        printf("%s%-*s%s  %s%s%s\n", context->color ? COLOR_BOLD : "", width, columns[i].title,
               context->color ? COLOR_RESET : "", color, text.bytes ? text.bytes : "",
               *color ? COLOR_RESET : "");
    }
    buffer_free(&text);
}

void sheet_record(const struct context *context, const char *segment, const struct column *columns,
                  size_t column_count, const struct value *values)
{
    if (for_people(context)) {
        record_for_people(context, columns, column_count, values);
    } else if (context->format == FORMAT_CSV) {
        csv_start(context->csv_safe);
        csv_header(columns, column_count);
        csv_row(columns, column_count, values);
    } else {
        struct jsonw json = jsonw_document(stdout);
        if (segment)
            jsonw_text(&json, "segment", segment);
        members_json(&json, columns, column_count, values);
        jsonw_close(&json);
        putchar('\n');
    }
}
