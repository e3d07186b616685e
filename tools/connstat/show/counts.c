/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat counts: how many there are of each type.
 */
#include <stdio.h>

#include "cli/run.h"
#include "common/color.h"
#include "common/failure.h"
#include "describe/counts.h"
#include "format/names.h"
#include "format/sheet.h"

static void print_object(const struct context *context, connstat_t *cs,
                         const struct connstat_counts *counts)
{
    struct jsonw json = jsonw_document_of(stdout, SCHEMA_COUNTS);
    jsonw_text(&json, "segment", segment_name(context->segment));
    counts_json(&json, cs, counts);
    jsonw_close(&json);
    putchar('\n');
}

static void type_row(struct sheet *sheet, connstat_t *cs, int type, uint64_t count)
{
    int64_t capacity = connstat_type_capacity(cs, type), maximum = connstat_type_maximum(cs, type);
    uint64_t slots = capacity > 0 ? (uint64_t)capacity : 0;
    double used = maximum > 0 ? 100.0 * (double)count / (double)maximum : 0;
    const char *color = used >= 95 ? COLOR_RED : used >= 80 ? COLOR_YELLOW : NULL;
    if (count == 0)
        color = COLOR_DIM;
    sheet_row(sheet, (struct value[]){
                         {.text = name_of_count_in(cs, type), .color = color},
                         {.text = name_of_kind(connstat_type_kind(cs, type))},
                         {.count = count, .color = color},
                         {.count = slots},
                         {.count = maximum > 0 ? (uint64_t)maximum : 0},
                         {.real = used, .color = color},
                     });
}

static void total_row(struct sheet *sheet, const char *name, const char *kind, uint64_t total)
{
    sheet_row(sheet, (struct value[]){{.text = name, .color = COLOR_BOLD},
                                      {.text = kind},
                                      {.count = total, .color = COLOR_BOLD},
                                      {.none = true},
                                      {.none = true},
                                      {.none = true}});
}

/* For people each kind is a block with its total below; in CSV the same rows follow each other. */
static void print_kind(struct sheet *sheet, connstat_t *cs, const struct connstat_counts *counts,
                       enum connstat_kind kind)
{
    for (size_t i = 0; i < counts->type_count; i++) {
        if (connstat_type_kind(cs, (int)i) == (int)kind)
            type_row(sheet, cs, (int)i, counts->by_type[i]);
    }
    if (kind == CONNSTAT_CONNECTION)
        total_row(sheet, "total_connections", name_of_kind(kind), counts->total_connections);
    else
        total_row(sheet, "total_channels", name_of_kind(kind), counts->total_channels);
}

static void print_rows(const struct context *context, connstat_t *cs,
                       const struct connstat_counts *counts)
{
    static const struct column connections[] = {
        {"name", "CONNECTIONS", VALUE_TEXT, .width = 17},
        {"kind", NULL, VALUE_TEXT},
        {"count", "COUNT", VALUE_COUNT, .width = 11},
        {"capacity", "CAPACITY", VALUE_COUNT, .wide = true, .width = 11},
        {"maximum", "MAXIMUM", VALUE_COUNT, .wide = true, .width = 11},
        {"used_percent", "USED", VALUE_PERCENT, .wide = true, .width = 5},
    };
    struct column channels[COLUMN_COUNT(connections)];
    for (size_t i = 0; i < COLUMN_COUNT(connections); i++)
        channels[i] = connections[i];
    channels[0].title = "CHANNELS";

    struct sheet sheet;
    struct sheet_about about = {.rows = "counts"};
    sheet_start(&sheet, context, connections, COLUMN_COUNT(connections), &about);
    print_kind(&sheet, cs, counts, CONNSTAT_CONNECTION);
    if (context->format != FORMAT_CSV) {
        sheet_end(&sheet);
        putchar('\n');
        sheet_start(&sheet, context, channels, COLUMN_COUNT(channels), &about);
    }
    print_kind(&sheet, cs, counts, CONNSTAT_CHANNEL);
    sheet_end(&sheet);
}

static int show_counts(const struct context *context, connstat_t *cs, void *arg)
{
    (void)arg;
    struct connstat_counts counts;
    connstat_counts(cs, &counts);
    if (context->format == FORMAT_JSON || context->format == FORMAT_JSONL)
        print_object(context, cs, &counts);
    else
        print_rows(context, cs, &counts);
    return STATUS_OK;
}

static int run(const struct call *call)
{
    return run_reading(call, NULL, show_counts, NULL);
}

const struct command command_counts = {
    .name = "counts",
    .summary = "how many there are of each type",
    .usage = "[OPTION]...",
    .details = "With -o wide: how many there is room for, too.",
    .run = run,
};
