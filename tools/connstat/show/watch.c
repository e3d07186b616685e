/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat watch: changes of counts, line by line.
 */
#include "cli/options.h"
#include "cli/segment.h"
#include "common/clock.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"
#include "format/names.h"
#include "format/sheet.h"
#include "show/follow.h"
#include "show/selecting.h"

enum { OPTION_ENTRIES = OPTION_LONG };

static const struct command_option watch_options[] = {
    {'i', "interval", "TIME", "look so often (1s)", NULL},
    {'l', "limit", "N", "end after so many lines", NULL},
    {OPTION_ENTRIES, "entries", NULL, "the entries that come and go, instead of their number",
     NULL},
    SELECTING_OPTIONS,
    {0},
};

struct watch {
    const struct context *context;
    connstat_t *cs;
    struct selecting selecting;
    bool shows_entries, has_conditions;
    uint64_t limit;
    double interval_seconds;
    int64_t made_at_ns; /* the segment */
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
        uint64_t types = watch->selecting.selection.types;
        bool wanted = types == 0 || types >> i & 1;
        int64_t change = before ? (int64_t)(now->by_type[i] - before->by_type[i]) : 0;
        if (!wanted || (before && change == 0))
            continue;
        print_change(watch, (int)i, now->by_type[i], change);
        if (output_failed() || watch->sheet.row_count >= watch->limit)
            return false;
    }
    return true;
}

/* A death is a change of its own, and most often the reason of others. */
static bool compare_deaths(struct watch *watch, uint64_t *deaths)
{
    struct connstat_totals totals;
    if (connstat_totals(watch->cs, &totals) != 0 || totals.deaths == *deaths)
        return true;
    sheet_row(&watch->sheet, (struct value[]){{.integer = clock_now_ns()},
                                              {.text = "deaths", .color = COLOR_RED},
                                              {.count = totals.deaths},
                                              {.integer = (int64_t)(totals.deaths - *deaths),
                                               .color = COLOR_RED}});
    *deaths = totals.deaths;
    return !output_failed() && watch->sheet.row_count < watch->limit;
}

/* The first look at a segment. Returns what compare does. */
static bool begin(struct watch *watch, struct connstat_counts *counts, uint64_t *deaths)
{
    struct connstat_totals totals = {0};
    connstat_counts(watch->cs, counts);
    connstat_totals(watch->cs, &totals);
    *deaths = totals.deaths;
    return compare(watch, NULL, counts);
}

static int watch_counts(struct watch *watch)
{
    struct connstat_counts before, now;
    uint64_t deaths;
    int status = STATUS_OK;
    segment_look(watch->context, watch->cs, &watch->made_at_ns);
    bool on = begin(watch, &before, &deaths);
    while (on && output_wait(watch->interval_seconds)) {
        connstat_reap(watch->cs);
        connstat_counts(watch->cs, &now);
        switch (segment_look(watch->context, watch->cs, &watch->made_at_ns)) {
        case SEGMENT_REMOVED:
            return STATUS_NO_SEGMENT;
        case SEGMENT_REPLACED:
            on = selecting_bind(&watch->selecting, watch->context, watch->cs, &status) &&
                 begin(watch, &before, &deaths);
            break;
        case SEGMENT_STANDS:
            on = compare_deaths(watch, &deaths) && compare(watch, &before, &now);
            before = now;
        }
    }
    return status;
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
    watch->context = context;
    watch->cs = cs;
    int status;
    if (watch->shows_entries)
        return follow_entries(&(struct follow){.context = context,
                                               .cs = cs,
                                               .selecting = &watch->selecting,
                                               .limit = watch->limit,
                                               .interval_seconds = watch->interval_seconds});
    if (!selecting_bind(&watch->selecting, context, cs, &status))
        return status;
    sheet_start(&watch->sheet, context, columns, COLUMN_COUNT(columns), &about);
    status = watch_counts(watch);
    sheet_end(&watch->sheet);
    return status;
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct watch *watch = arg;
    watch->has_conditions |=
        id == 'w' || id == 'W' || id == 'k' || id == OPTION_OLDER || id == OPTION_IDLE;
    switch (id) {
    case 'i':
        return options_interval(options, &watch->interval_seconds);
    case 'l':
        return options_number(options, 1, UINT64_MAX, &watch->limit);
    case OPTION_ENTRIES:
        watch->shows_entries = true;
        return true;
    default:
        return selecting_take(options, id, &watch->selecting);
    }
}

static int run(const struct call *call)
{
    struct watch watch = {.limit = UINT64_MAX, .interval_seconds = 1};
    struct options options;
    int status = STATUS_OK;
    if (!options_parse(&options, call, take_option, &watch))
        status = options.status;
    else if (watch.has_conditions && !watch.shows_entries)
        status = usage_error(call->context, "counts are of types: --where, --key, --worker and "
                                            "--older are for --entries");
    else if ((status = selecting_read(&watch.selecting, call->context)) == STATUS_OK)
        status = segment_read(call->context, watch_segment, &watch);
    select_free(&watch.selecting.selection);
    return status;
}

const struct command command_watch = {
    .name = "watch",
    .summary = "changes of counts as they happen, a line each",
    .usage = "[OPTION]...",
    .details =
        "First all counts with a change of 0, then each change; \"deaths\" are workers that died.\n"
        "JSON is one object a line. A segment that is made anew is followed, and it is said so.\n"
        "\n"
        "With --entries a line for each entry that came or went, and for how many came and went\n"
        "between two looks. Conditions are those of \"connstat help list\".\n"
        "\n"
        "  connstat watch --entries --type ws_socket --where user_id=42",
    .options = watch_options,
    .run = run,
};
