/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat reap: clear dead workers once.
 */
#include <stdio.h>

#include "cli/run.h"
#include "common/failure.h"
#include "format/sheet.h"

static void print(const struct context *context, int cleared)
{
    static const struct column columns[] = {{"reaped", NULL, VALUE_NUMBER}};
    if (for_people(context))
        printf("%d dead worker%s cleared\n", cleared, cleared == 1 ? "" : "s");
    else
        sheet_record(context, segment_name(context->segment), columns, COLUMN_COUNT(columns),
                     (struct value[]){{.integer = cleared}});
}

static int reap(const struct context *context, connstat_t *cs, void *arg)
{
    (void)arg;
    int cleared = connstat_reap(cs);
    if (cleared < 0)
        return segment_failure(context->segment, cleared);
    print(context, cleared);
    return STATUS_OK;
}

static int run(const struct call *call)
{
    return run_writing(call, NULL, reap, NULL);
}

const struct command command_reap = {
    .name = "reap",
    .summary = "clear dead workers once",
    .usage = "[OPTION]...",
    .run = run,
};
