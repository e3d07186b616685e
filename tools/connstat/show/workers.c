/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat workers: the processes that hold the entries.
 */
#include "alerts/watch.h"
#include "cli/run.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"
#include "common/text.h"
#include "format/sheet.h"

static const struct column columns[] = {
    {"pid", "WORKER", VALUE_NUMBER},
    {"tid", "THREAD", VALUE_NUMBER, .wide = true},
    {"label", "LABEL", VALUE_TEXT},
    {"live_total", "ENTRIES", VALUE_COUNT},
    {"opened", "OPENED", VALUE_COUNT},
    {"closed", "CLOSED", VALUE_COUNT},
    {"joined_at", "JOINED", VALUE_TIME, .wide = true},
    {"age_s", "AGE", VALUE_SECONDS},
    {"foreign", "FOREIGN", VALUE_BOOL, .wide = true},
    {"keeps_on_exec", "KEEPS ON EXEC", VALUE_BOOL, .wide = true},
    {NULL, "STATE", VALUE_TEXT},
    {NULL, "IDLE", VALUE_SECONDS},
    {"live", "OF TYPE", VALUE_TALLY},
    {"state", NULL, VALUE_TEXT}, /* machines find new columns at the end */
    {"idle_s", NULL, VALUE_SECONDS},
};

struct report {
    struct sheet sheet;
    struct alert_watch watch;
    const char *names[CONNSTAT_MAX_TYPES];
    size_t type_count;
};

/* Since its last registration that is known. */
static struct value idle_of(const struct watched_worker *worker)
{
    return (struct value){.real = worker ? text_age_seconds(worker->registered_at_ns) : 0,
                          .none = !worker};
}

static struct value state_of(const struct watched_worker *worker)
{
    const char *state = worker ? name_of_state(worker->state) : NULL;
    bool stands = worker && (worker->state == PROCESS_STOPPED || worker->state == PROCESS_TRACED);
    return (struct value){.text = state, .none = !state, .color = stands ? COLOR_RED : NULL};
}

static int print_worker(const struct connstat_worker *worker, void *arg)
{
    struct report *report = arg;
    const struct watched_worker *watched =
        alert_watch_find(&report->watch, worker->pid, worker->tid, worker->joined_at_ns);
    sheet_row(&report->sheet,
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
                               state_of(watched),
                               idle_of(watched),
                               {.tally = {report->names, worker->live, report->type_count}},
                               state_of(watched),
                               idle_of(watched)});
    return output_failed();
}

static int list_workers(const struct context *context, connstat_t *cs, void *arg)
{
    (void)arg;
    struct report report = {0};
    struct sheet_about about = {
        .rows = "workers", .segment = segment_name(context->segment), .empty = "no worker lives"};
    alert_watch_look(&report.watch, cs); /* what it cannot tell is shown as unknown */
    report.type_count = segment_count_names(cs, report.names);
    sheet_start(&report.sheet, context, columns, COLUMN_COUNT(columns), &about);
    int visited = connstat_for_each_worker(cs, print_worker, &report);
    sheet_end(&report.sheet);
    alert_watch_free(&report.watch);
    return visit_status(context->segment, visited);
}

static int run(const struct call *call)
{
    return run_reading(call, NULL, list_workers, NULL);
}

const struct command command_workers = {
    .name = "workers",
    .summary = "the processes that hold the entries",
    .usage = "[OPTION]...",
    .details = "STATE is what /proc tells: running, sleeping, waiting (in the kernel), stopped, "
               "traced,\nended (its first thread). IDLE is the time since the newest of its "
               "entries was\nregistered, or since it joined.",
    .run = run,
};
