/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat totals: everything since the segment was made, over all deaths and restarts.
 */
#include "cli/run.h"
#include "common/color.h"
#include "common/failure.h"
#include "format/names.h"
#include "format/sheet.h"

static const struct column columns[] = {
    {"name", "TYPE", VALUE_TEXT},           {"opened", "OPENED", VALUE_COUNT},
    {"closed", "CLOSED", VALUE_COUNT},      {"lost", "LOST", VALUE_COUNT},
    {"live", "LIVE", VALUE_COUNT},          {"refused_total", "REFUSED", VALUE_COUNT},
    {"refused", "BECAUSE OF", VALUE_TALLY},
};

static void print_type(struct sheet *sheet, connstat_t *cs, const struct connstat_totals *totals,
                       int type)
{
    const char *reasons[CONNSTAT_REFUSAL_COUNT];
    uint64_t refused = 0;
    for (int i = 0; i < CONNSTAT_REFUSAL_COUNT; i++) {
        reasons[i] = name_of_refusal(i);
        refused += totals->refused[type][i];
    }
    uint64_t gone = totals->closed[type] + totals->lost[type];
    uint64_t live = totals->opened[type] > gone ? totals->opened[type] - gone : 0;
    sheet_row(sheet,
              (struct value[]){
                  {.text = name_of_count_in(cs, type)},
                  {.count = totals->opened[type]},
                  {.count = totals->closed[type]},
                  {.count = totals->lost[type], .color = totals->lost[type] ? COLOR_RED : NULL},
                  {.count = live},
                  {.count = refused, .color = refused ? COLOR_YELLOW : NULL},
                  {.tally = {reasons, totals->refused[type], CONNSTAT_REFUSAL_COUNT}},
              });
}

static void print(const struct context *context, connstat_t *cs,
                  const struct connstat_totals *totals)
{
    struct sheet sheet;
    struct sheet_about about = {.rows = "types", .segment = segment_name(context->segment)};
    sheet_start(&sheet, context, columns, COLUMN_COUNT(columns), &about);
    if (context->format == FORMAT_JSON) {
        jsonw_unsigned(&sheet.json, "joins", totals->joins);
        jsonw_unsigned(&sheet.json, "deaths", totals->deaths);
        jsonw_unsigned(&sheet.json, "refused_no_type", totals->refused_no_type);
    }
    for (size_t i = 0; i < totals->type_count; i++)
        print_type(&sheet, cs, totals, (int)i);
    sheet_end(&sheet);
    if (for_people(context)) {
        static const struct column below[] = {{NULL, "Workers that joined", VALUE_COUNT},
                                              {NULL, "Workers that died", VALUE_COUNT},
                                              {NULL, "Refused, no such type", VALUE_COUNT}};
        putchar('\n');
        sheet_record(context, NULL, below, COLUMN_COUNT(below),
                     (struct value[]){{.count = totals->joins},
                                      {.count = totals->deaths},
                                      {.count = totals->refused_no_type}});
    }
}

static int show_totals(const struct context *context, connstat_t *cs, void *arg)
{
    (void)arg;
    struct connstat_totals totals;
    int error = connstat_totals(cs, &totals);
    if (error < 0)
        return segment_failure(context->segment, error);
    print(context, cs, &totals);
    return STATUS_OK;
}

static int run(const struct call *call)
{
    return run_reading(call, NULL, show_totals, NULL);
}

const struct command command_totals = {
    .name = "totals",
    .summary = "opened, closed, lost and refused since the segment was made",
    .usage = "[OPTION]...",
    .details = "None ever falls, over any number of deaths and restarts. Lost ones went with a "
               "worker\nthat died.",
    .run = run,
};
