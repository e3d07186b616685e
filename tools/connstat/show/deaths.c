/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat deaths: which workers died, how, and what went with them.
 */
#include <stdio.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"
#include "common/text.h"
#include "describe/death.h"
#include "format/sheet.h"

static const struct command_option deaths_options[] = {
    {'l', "limit", "N", "only the last N", NULL},
    {'f', "follow", NULL, "then go on with each death as it happens", NULL},
    {'i', "interval", "TIME", "look so often for these (1s)", NULL},
    {0},
};

struct report {
    const struct context *context;
    struct sheet sheet;
    int64_t made_at_ns; /* the segment */
    const char *names[CONNSTAT_MAX_TYPES];
    size_t type_count;
    uint64_t skip;
    uint64_t last; /* the number of the death printed last; none up to it is printed again */
};

struct deaths_options {
    uint64_t limit;
    bool follows;
    double interval_seconds; /* 0: not given */
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
    if (death->number <= report->last)
        return 0;
    report->last = death->number;
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

/* Learn the types of a segment, whose deaths have the numbers from 1 on. */
static void begin(struct report *report, connstat_t *cs)
{
    report->last = 0;
    report->type_count = segment_count_names(cs, report->names);
}

/* Prints each death as it happens, until the segment is gone, or the program that reads our output. */
static int follow_deaths(struct report *report, connstat_t *cs, double interval_seconds)
{
    int visited = 0;
    output_flush();
    while (visited >= 0 && output_wait(interval_seconds > 0 ? interval_seconds : 1)) {
        enum segment_fate fate = segment_look(report->context, cs, &report->made_at_ns);
        if (fate == SEGMENT_REMOVED)
            return STATUS_NO_SEGMENT;
        if (fate == SEGMENT_REPLACED)
            begin(report, cs);
        visited = connstat_for_each_death(cs, print_death, report);
        if (output_flush())
            break;
    }
    return visit_status(report->context->segment, visited);
}

static int report_deaths(const struct context *context, connstat_t *cs, void *arg)
{
    const struct deaths_options *wanted = arg;
    struct report report = {.context = context};
    struct sheet_about about = {
        .rows = "deaths", .segment = segment_name(context->segment), .live = wanted->follows};
    int known = connstat_for_each_death(cs, count_death, NULL);
    if (known > 0 && (uint64_t)known > wanted->limit)
        report.skip = (uint64_t)known - wanted->limit;
    segment_look(context, cs, &report.made_at_ns);
    begin(&report, cs);
    bool people = for_people(context);
    if (!people)
        sheet_start(&report.sheet, context, death_columns, DEATH_COLUMNS, &about);
    else if (known == 0 && !wanted->follows)
        puts("no worker has died");
    int visited = connstat_for_each_death(cs, print_death, &report);
    int status = visit_status(context->segment, visited);
    if (status == STATUS_OK && wanted->follows)
        status = follow_deaths(&report, cs, wanted->interval_seconds);
    if (!people)
        sheet_end(&report.sheet);
    return status;
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct deaths_options *wanted = arg;
    if (id == 'l')
        return options_number(options, 1, UINT64_MAX, &wanted->limit);
    if (id == 'i')
        return options_interval(options, &wanted->interval_seconds);
    wanted->follows = true;
    return true;
}

static int run(const struct call *call)
{
    struct deaths_options wanted = {.limit = UINT64_MAX};
    struct options options;
    if (!options_parse(&options, call, take_option, &wanted))
        return options.status;
    if (wanted.interval_seconds > 0 && !wanted.follows)
        return usage_error(call->context, "--interval is for --follow");
    return segment_read(call->context, report_deaths, &wanted);
}

const struct command command_deaths = {
    .name = "deaths",
    .summary = "which workers died, how, and what went with them",
    .usage = "[OPTION]...",
    .details = "The last 256, the oldest first. A death shows here once somebody has reaped it.",
    .options = deaths_options,
    .run = run,
};
