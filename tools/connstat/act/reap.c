/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat reap: clear dead workers once.
 */
#include <stdio.h>

#include "cli/options.h"
#include "cli/segment.h"
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

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct options options;
    options_start(&options, call);
    if (options_next(&options) != OPTIONS_END || !options_operands(&options, 0, 0))
        return options.status;

    connstat_t *cs;
    int status;
    if (!segment_open_writable(context, &cs, &status))
        return status;
    int cleared = connstat_reap(cs);
    if (cleared >= 0)
        print(context, cleared);
    connstat_close(cs);
    return cleared < 0 ? segment_failure(context->segment, cleared) : STATUS_OK;
}

const struct command command_reap = {
    .name = "reap",
    .summary = "clear dead workers once",
    .usage = "[OPTION]...",
    .run = run,
};
