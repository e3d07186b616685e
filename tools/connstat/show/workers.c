/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat workers: the processes that hold the connections.
 */
#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "common/output.h"
#include "common/text.h"
#include "format/sheet.h"

static const struct column columns[] = {
    {"pid", "WORKER", VALUE_NUMBER},
    {"tid", "THREAD", VALUE_NUMBER, .wide = true},
    {"label", "LABEL", VALUE_TEXT},
    {"live_total", "CONNECTIONS", VALUE_COUNT},
    {"opened", "OPENED", VALUE_COUNT},
    {"closed", "CLOSED", VALUE_COUNT},
    {"joined_at", "JOINED", VALUE_TIME, .wide = true},
    {"age_s", "AGE", VALUE_SECONDS},
    {"foreign", "FOREIGN", VALUE_BOOL, .wide = true},
    {"keeps_on_exec", "KEEPS ON EXEC", VALUE_BOOL, .wide = true},
    {"live", "OF TYPE", VALUE_TALLY},
};

struct listing {
    struct sheet sheet;
    const char *names[CONNSTAT_MAX_TYPES];
    size_t type_count;
};

static int print_worker(const struct connstat_worker *worker, void *arg)
{
    struct listing *listing = arg;
    sheet_row(&listing->sheet,
              (struct value[]){{.integer = worker->pid},
                               {.integer = worker->tid, .none = worker->tid == 0},
                               {.text = worker->label, .none = *worker->label == '\0'},
                               {.count = worker->live_total},
                               {.count = worker->opened},
                               {.count = worker->closed},
                               {.integer = worker->joined_at_ns},
                               {.real = text_age_seconds(worker->joined_at_ns)},
                               {.boolean = worker->foreign},
                               {.boolean = worker->keeps_on_exec},
                               {.tally = {listing->names, worker->live, listing->type_count}}});
    return output_failed();
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct options options;
    options_start(&options, call);
    if (options_next(&options) != OPTIONS_END || !options_operands(&options, 0, 0))
        return options.status;

    connstat_t *cs;
    int status;
    if (!segment_open(context, &cs, &status))
        return status;
    struct listing listing;
    struct sheet_about about = {
        .rows = "workers", .segment = segment_name(context->segment), .empty = "no worker lives"};
    listing.type_count = segment_count_names(cs, listing.names);
    sheet_start(&listing.sheet, context, columns, COLUMN_COUNT(columns), &about);
    int visited = connstat_for_each_worker(cs, print_worker, &listing);
    sheet_end(&listing.sheet);
    connstat_close(cs);
    return visit_status(context->segment, visited);
}

const struct command command_workers = {
    .name = "workers",
    .summary = "the processes that hold the connections",
    .usage = "[OPTION]...",
    .run = run,
};
