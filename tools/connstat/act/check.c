/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat check: is the segment consistent? For monitoring.
 */
#include <stdio.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/color.h"
#include "common/failure.h"
#include "format/sheet.h"

static const struct command_option check_options[] = {
    {'r', "repair", NULL, "first mend what a sweep can mend", NULL},
    {0},
};

static const struct column columns[] = {{"violation", "VIOLATION", VALUE_TEXT}};

static void print_violation(const char *message, void *arg)
{
    sheet_row(arg, (struct value[]){{.text = message, .color = COLOR_RED}});
}

static int check(const struct context *context, connstat_t *cs, int mended)
{
    const char *name = segment_name(context->segment);
    char empty[128];
    snprintf(empty, sizeof(empty), "segment \"%s\" is consistent", name);
    struct sheet sheet;
    struct sheet_about about = {.rows = "violations", .segment = name, .empty = empty};
    sheet_start(&sheet, context, columns, COLUMN_COUNT(columns), &about);
    if (context->format == FORMAT_JSON)
        jsonw_integer(&sheet.json, "mended", mended);
    int violations = connstat_check(cs, print_violation, &sheet);
    sheet_end(&sheet);
    if (violations < 0)
        return segment_failure(context->segment, violations);
    return violations > 0 ? STATUS_DAMAGED : STATUS_OK;
}

static int mend(const struct context *context, connstat_t *cs, int *mended)
{
    *mended = connstat_repair(cs);
    if (*mended < 0)
        return segment_failure(context->segment, *mended);
    if (for_people(context))
        printf("%d thing%s mended\n", *mended, *mended == 1 ? "" : "s");
    return STATUS_OK;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    bool repair = false;
    struct options options;
    options_start(&options, call);
    for (int id; (id = options_next(&options)) != OPTIONS_END;) {
        if (id != 'r')
            return options.status;
        repair = true;
    }
    if (!options_operands(&options, 0, 0))
        return options.status;

    connstat_t *cs;
    int status, mended = 0;
    bool opened =
        repair ? segment_open_writable(context, &cs, &status) : segment_open(context, &cs, &status);
    if (!opened)
        return status;
    if (repair)
        status = mend(context, cs, &mended);
    else
        status = STATUS_OK;
    if (status == STATUS_OK)
        status = check(context, cs, mended);
    connstat_close(cs);
    return status;
}

const struct command command_check = {
    .name = "check",
    .summary = "verify every invariant of the segment, live",
    .usage = "[OPTION]...",
    .details = "Exit status 0: consistent; 5: damaged. It reads only, and disturbs nobody, unless "
               "told to repair.",
    .options = check_options,
    .run = run,
};
