/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat workers: the processes that hold the entries.
 */
#include "alerts/container.h"
#include "alerts/worker_row.h"
#include "cli/run.h"
#include "common/failure.h"
#include "common/output.h"

struct report {
    struct sheet sheet;
    struct alert_watch watch;
    struct containers containers;
    const char *names[CONNSTAT_MAX_TYPES];
    size_t type_count;
};

static int print_worker(const struct connstat_worker *worker, void *arg)
{
    struct report *report = arg;
    const struct watched_worker *watched =
        alert_watch_find(&report->watch, worker->pid, worker->tid, worker->joined_at_ns);
    char path[CONTAINER_BYTES];
    const char *container = container_of(&report->containers, worker, path);
    struct worker_row row;
    sheet_row(&report->sheet,
              worker_values(worker, watched, container, report->names, report->type_count, &row));
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
    sheet_start(&report.sheet, context, worker_columns, WORKER_COLUMNS, &about);
    int visited = connstat_for_each_worker(cs, print_worker, &report);
    sheet_end(&report.sheet);
    alert_watch_free(&report.watch);
    containers_free(&report.containers);
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
    .details =
        "STATE is what /proc tells: running, sleeping, waiting (in the kernel), stopped, "
        "traced,\nended (its first thread). IDLE is the time since the newest of its "
        "entries was\nregistered, or since it joined. CONTAINER is the path of its control "
        "group, which names\na container, a pod or a service; \"out of sight\" where /proc does "
        "not show its process\nfrom here. With -o wide also its pid namespace, and whether it is "
        "locked: shows by a lock\non the segment that it lives, so that every namespace can "
        "tell.",
    .run = run,
};
