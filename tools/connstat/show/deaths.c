/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat deaths: which workers died, how, and what went with them.
 */
#include <stdio.h>

#include "cli/run.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"
#include "common/text.h"
#include "describe/death.h"
#include "format/sheet.h"

static const struct command_option deaths_options[] = {
    {'l', "limit", "N", "only the last N", NULL},
    {0},
};

struct report {
    const struct context *context;
    struct sheet sheet;
    const char *names[CONNSTAT_MAX_TYPES];
    size_t type_count;
    uint64_t skip;
};

static void print_sentence(const struct report *report, const struct connstat_death *death)
{
    struct buffer line = {0};
    death_print(&line, death);
    if (report->context->format == FORMAT_WIDE && death->lost_total > 0) {
        struct value lost = {.tally = {report->names, death->lost, report->type_count}};
        buffer_text(&line, ": ");
        value_print(&line, VALUE_TALLY, &lost);
    }
    puts(line.bytes ? line.bytes : "");
    buffer_free(&line);
}

static void print_row(struct report *report, const struct connstat_death *death)
{
    struct death_row row;
    sheet_row(&report->sheet, death_values(death, report->names, report->type_count, &row));
}

static int print_death(const struct connstat_death *death, void *arg)
{
    struct report *report = arg;
    bool people = for_people(report->context);
    if (report->skip > 0)
        report->skip--;
    else if (people)
        print_sentence(report, death);
    else
        print_row(report, death);
    return output_failed();
}

static int count_death(const struct connstat_death *death, void *arg)
{
    (void)death, (void)arg;
    return 0;
}

static int report_deaths(const struct context *context, connstat_t *cs, void *arg)
{
    const uint64_t *limit = arg;
    struct report report = {.context = context};
    struct sheet_about about = {.rows = "deaths", .segment = segment_name(context->segment)};
    int known = connstat_for_each_death(cs, count_death, NULL);
    if (known > 0 && (uint64_t)known > *limit)
        report.skip = (uint64_t)known - *limit;
    report.type_count = segment_count_names(cs, report.names);
    bool people = for_people(context);
    if (!people)
        sheet_start(&report.sheet, context, death_columns, DEATH_COLUMNS, &about);
    else if (known == 0)
        puts("no worker has died");
    int visited = connstat_for_each_death(cs, print_death, &report);
    if (!people)
        sheet_end(&report.sheet);
    return visit_status(context->segment, visited);
}

static bool take_limit(struct options *options, int id, void *limit)
{
    (void)id;
    return options_number(options, 1, UINT64_MAX, limit);
}

static int run(const struct call *call)
{
    uint64_t limit = UINT64_MAX;
    return run_reading(call, take_limit, report_deaths, &limit);
}

const struct command command_deaths = {
    .name = "deaths",
    .summary = "which workers died, how, and what went with them",
    .usage = "[OPTION]...",
    .details = "The last 256, the oldest first. A death shows here once somebody has reaped it.",
    .options = deaths_options,
    .run = run,
};
