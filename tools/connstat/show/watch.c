/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat watch: changes of counts, line by line.
 */
#include <math.h>
#include <poll.h>
#include <unistd.h>

#include "cli/run.h"
#include "common/clock.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"
#include "format/names.h"
#include "format/sheet.h"

static const struct command_option watch_options[] = {
    {'i', "interval", "TIME", "look so often (1s)", NULL},
    {'t', "type", "TYPE", "this type only; repeatable, for several", CHOOSE_TYPE,
     .is_repeatable = true},
    {'l', "limit", "N", "end after so many lines", NULL},
    {0},
};

struct watch {
    const struct context *context;
    connstat_t *cs;
    struct type_names types;
    uint64_t wanted; /* which types: a bit each; 0: all of them */
    uint64_t limit;
    double interval_seconds;
    struct sheet sheet;
};

static void print_change(struct watch *watch, int type, uint64_t count, int64_t change)
{
    const char *color = change > 0 ? COLOR_GREEN : change < 0 ? COLOR_RED : COLOR_DIM;
    sheet_row(&watch->sheet, (struct value[]){{.integer = clock_now_ns()},
                                              {.text = name_of_count_in(watch->cs, type)},
                                              {.count = count},
                                              {.integer = change, .color = color}});
}

/* Print what has changed. False: all lines that were asked for are printed, or nobody reads
 * them. */
static bool compare(struct watch *watch, const struct connstat_counts *before,
                    const struct connstat_counts *now)
{
    for (size_t i = 0; i < now->type_count; i++) {
        bool wanted = watch->wanted == 0 || watch->wanted >> i & 1;
        int64_t change = before ? (int64_t)(now->by_type[i] - before->by_type[i]) : 0;
        if (!wanted || (before && change == 0))
            continue;
        print_change(watch, (int)i, now->by_type[i], change);
        if (output_failed() || watch->sheet.row_count >= watch->limit)
            return false;
    }
    return true;
}

/* Sleep for the interval. False: the reader of standard output has gone meanwhile. */
static bool pause_between(const struct watch *watch)
{
    struct pollfd reader = {.fd = STDOUT_FILENO};
    int changed = poll(&reader, 1, (int)ceil(watch->interval_seconds * 1000));
    return changed <= 0 || !(reader.revents & (POLLERR | POLLNVAL));
}

static int watch_counts(struct watch *watch)
{
    struct connstat_counts before, now;
    struct connstat_info info;
    connstat_counts(watch->cs, &before);
    for (bool on = compare(watch, NULL, &before); on && pause_between(watch);) {
        connstat_reap(watch->cs);
        connstat_counts(watch->cs, &now);
        if (connstat_info(watch->cs, &info) < 0 || info.retired) {
            failure("segment \"%s\" was removed", segment_name(watch->context->segment));
            return STATUS_NO_SEGMENT;
        }
        on = compare(watch, now.type_count == before.type_count ? &before : NULL, &now);
        before = now;
    }
    return STATUS_OK;
}

static int watch_segment(const struct context *context, connstat_t *cs, void *arg)
{
    static const struct column columns[] = {
        {"at", "TIME", VALUE_TIME, .width = 19},
        {"name", "COUNT OF", VALUE_TEXT, .width = 17},
        {"count", "COUNT", VALUE_COUNT, .width = 11},
        {"change", "CHANGE", VALUE_CHANGE, .width = 9},
    };
    struct sheet_about about = {.rows = "changes", .live = true};
    struct watch *watch = arg;
    int status;
    watch->context = context;
    watch->cs = cs;
    if (!segment_types(context, cs, &watch->types, &watch->wanted, &status))
        return status;
    sheet_start(&watch->sheet, context, columns, COLUMN_COUNT(columns), &about);
    status = watch_counts(watch);
    sheet_end(&watch->sheet);
    return status;
}

static bool take_interval(struct options *options, double *seconds)
{
    if (!options_seconds(options, seconds))
        return false;
    bool sensible = *seconds >= 0.01 && *seconds <= 86400;
    if (!sensible)
        options->status = usage_error(options->context, "--interval is 0.01s to 1d");
    return sensible;
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct watch *watch = arg;
    if (id == 'i')
        return take_interval(options, &watch->interval_seconds);
    if (id == 'l')
        return options_number(options, 1, UINT64_MAX, &watch->limit);
    return options_type(options, &watch->types);
}

static int run(const struct call *call)
{
    struct watch watch = {.limit = UINT64_MAX, .interval_seconds = 1};
    return run_reading(call, take_option, watch_segment, &watch);
}

const struct command command_watch = {
    .name = "watch",
    .summary = "changes of counts as they happen, a line each",
    .usage = "[OPTION]...",
    .details = "First all counts with a change of 0, then each change. JSON is one object a line.",
    .options = watch_options,
    .run = run,
};
