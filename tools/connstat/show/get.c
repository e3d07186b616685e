/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat get: one connection by its id.
 */
#include <errno.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "common/text.h"
#include "show/entry.h"

struct request {
    const struct context *context;
    connstat_t *cs;
};

static int print_entry(const struct connstat_entry *entry, void *arg)
{
    const struct request *request = arg;
    struct column columns[ENTRY_COLUMNS];
    struct entry_row row;
    for (size_t i = 0; i < ENTRY_COLUMNS; i++) {
        columns[i] = entry_columns[i];
        columns[i].wide = false;
    }
    sheet_record(request->context, segment_name(request->context->segment), columns, ENTRY_COLUMNS,
                 entry_values(request->cs, entry, &row));
    return 0;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct options options;
    uint64_t id;
    int status;
    options_start(&options, call);
    if (options_next(&options) != OPTIONS_END || !options_operands(&options, 1, 1))
        return options.status;
    if (!text_number(options.operands[0], &id))
        return usage_error(context, "\"%s\" is no id: \"connstat list\" shows them",
                           options.operands[0]);

    struct request request = {.context = context};
    if (!segment_open(context, &request.cs, &status))
        return status;
    int error = connstat_get(request.cs, id, print_entry, &request);
    if (error == -ENOENT)
        status = failure("connection %s is not there (any more): \"connstat list\" shows all "
                         "that are",
                         options.operands[0]);
    else if (error < 0)
        status = segment_failure(context->segment, error);
    else
        status = STATUS_OK;
    connstat_close(request.cs);
    return status;
}

const struct command command_get = {
    .name = "get",
    .summary = "one connection, by its id",
    .usage = "[OPTION]... ID",
    .run = run,
};
