/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat system: what the server uses of this machine.
 */
#include <stdio.h>

#include "cli/run.h"
#include "common/failure.h"
#include "common/text.h"
#include "describe/known.h"
#include "format/sheet.h"

static const struct column columns[] = {
    {"node", "Node", VALUE_TEXT},
    {"version", "connstat", VALUE_TEXT},
    {"uptime_seconds", NULL, VALUE_COUNT},
    {NULL, "Up", VALUE_TEXT},
    {"cpus", "CPUs", VALUE_COUNT},
    {"workers", NULL, VALUE_COUNT},
    {"max_workers", NULL, VALUE_COUNT},
    {NULL, "Workers", VALUE_TEXT},
    {"open_fds", NULL, VALUE_COUNT},
    {"max_fds", NULL, VALUE_COUNT},
    {NULL, "Open files", VALUE_TEXT},
    {"memory_total_bytes", "Memory", VALUE_BYTES},
    {"memory_workers_bytes", "  of workers alone", VALUE_BYTES},
    {"memory_segment_bytes", "  of the segment", VALUE_BYTES},
    {"cluster_size", "Nodes in cluster", VALUE_COUNT},
};

static const char *of(uint64_t used, uint64_t max, char *buf, size_t size)
{
    char used_text[TEXT_NUMBER_BYTES], max_text[TEXT_NUMBER_BYTES];
    snprintf(buf, size, "%s of %s", text_count(used, used_text, sizeof(used_text)),
             text_count(max, max_text, sizeof(max_text)));
    return buf;
}

static void print(const struct context *context, const struct connstat_system *system,
                  const struct known *known)
{
    bool untold = !known->usage, undated = !known->uptime;
    char uptime[TEXT_NUMBER_BYTES], workers[2 * TEXT_NUMBER_BYTES], fds[2 * TEXT_NUMBER_BYTES];
    sheet_record(
        context, segment_name(context->segment), columns, COLUMN_COUNT(columns),
        (struct value[]){
            {.text = system->node},
            {.text = system->version},
            {.count = system->uptime_seconds, .none = undated},
            {.text = connstat_format_uptime(system->uptime_seconds, uptime, sizeof(uptime)),
             .none = undated},
            {.count = system->cpus},
            {.count = system->workers},
            {.count = system->max_workers},
            {.text = of(system->workers, system->max_workers, workers, sizeof(workers))},
            {.count = system->open_fds, .none = untold},
            {.count = system->max_fds, .none = untold},
            {.text = of(system->open_fds, system->max_fds, fds, sizeof(fds)), .none = untold},
            {.count = system->memory_total_bytes, .none = untold},
            {.count = system->memory_workers_bytes, .none = untold},
            {.count = system->memory_segment_bytes},
            {.count = system->cluster_size},
        });
}

static int show_system(const struct context *context, connstat_t *cs, void *arg)
{
    (void)arg;
    struct connstat_system system;
    struct known known;
    int error = connstat_system_stats(cs, &system);
    if (error == 0)
        error = known_read(&known, cs);
    if (error < 0)
        return segment_failure(context->segment, error);
    print(context, &system, &known);
    return STATUS_OK;
}

static int run(const struct call *call)
{
    return run_reading(call, NULL, show_system, NULL);
}

const struct command command_system = {
    .name = "system",
    .summary = "what the server takes of this machine: memory, files, workers",
    .usage = "[OPTION]...",
    .details = "Where /proc does not tell you of a worker, what its workers take is not known: run "
               "it as the\n"
               "server's user.",
    .run = run,
};
