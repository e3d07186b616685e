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
#include "net/asking.h"
#include "show/columns.h"

struct request {
    const struct context *context;
    connstat_t *cs;
    connstat_id id;
    struct asking asking;
    struct network network;
    struct columns columns;
};

static const struct command_option get_options[] = {ASKING_OPTIONS, {0}};

static bool take_option(struct options *options, int id, void *arg)
{
    struct request *request = arg;
    return asking_take(options, id, &request->asking);
}

static int print_entry(const struct connstat_entry *entry, void *arg)
{
    struct request *request = arg;
    struct columns *columns = &request->columns;
    struct columns_row row;
    for (size_t i = 0; i < columns->count; i++)
        columns->columns[i].wide = false;
    sheet_record(request->context, segment_name(request->context->segment), columns->columns,
                 columns->count, columns_values(columns, request->cs, entry, &row));
    return 0;
}

static int ask_network(struct request *request)
{
    int status = asking_enter(&request->asking);
    if (status != STATUS_OK)
        return status;
    connstat_get(request->cs, request->id, network_want, &request->network);
    request->columns.network = &request->network;
    return asking_answer(request->context, request->cs, &request->network);
}

static int get(const struct context *context, connstat_t *cs, void *arg)
{
    struct request *request = arg;
    request->context = context;
    request->cs = cs;
    int status = request->asking.asks_network ? ask_network(request) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    columns_complete(&request->columns, context->format);
    int error = connstat_get(cs, request->id, print_entry, request);
    if (error == -ENOENT)
        return failure(
            "there is no entry %llu (any more): \"connstat list\" shows all that there are",
            (unsigned long long)request->id);
    return error < 0 ? segment_failure(context->segment, error) : STATUS_OK;
}

static int run(const struct call *call)
{
    struct options options;
    struct request request = {0};
    if (!options_parse(&options, call, take_option, &request))
        return options.status;
    if (!text_number(options.operands[0], &request.id))
        return usage_error(call->context, "\"%s\" is no id: \"connstat list\" shows them",
                           options.operands[0]);
    int status = segment_read(call->context, get, &request);
    network_free(&request.network);
    return status;
}

const struct command command_get = {
    .name = "get",
    .summary = "one entry, by its id",
    .usage = "[OPTION]... ID",
    .options = get_options,
    .operand_choices = CHOOSE_ID,
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
