/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat get: one entry by its id.
 */
#include <errno.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "common/text.h"
#include "describe/entry.h"

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

static int get(const struct context *context, connstat_t *cs, void *arg)
{
    const connstat_id *id = arg;
    struct request request = {context, cs};
    int error = connstat_get(cs, *id, print_entry, &request);
    if (error == -ENOENT)
        return failure(
            "there is no entry %llu (any more): \"connstat list\" shows all that there are",
            (unsigned long long)*id);
    return error < 0 ? segment_failure(context->segment, error) : STATUS_OK;
}

static int run(const struct call *call)
{
    struct options options;
    connstat_id id;
    if (!options_parse(&options, call, NULL, NULL))
        return options.status;
    if (!text_number(options.operands[0], &id))
        return usage_error(call->context, "\"%s\" is no id: \"connstat list\" shows them",
                           options.operands[0]);
    return segment_read(call->context, get, &id);
}

const struct command command_get = {
    .name = "get",
    .summary = "one entry, by its id",
    .usage = "[OPTION]... ID",
    .operand_choices = CHOOSE_ID,
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
