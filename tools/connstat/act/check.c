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

static int check_only(const struct context *context, connstat_t *cs, void *arg)
{
    (void)arg;
    return check(context, cs, 0);
}

static int mend_and_check(const struct context *context, connstat_t *cs, void *arg)
{
    (void)arg;
    int mended;
    int status = mend(context, cs, &mended);
    return status == STATUS_OK ? check(context, cs, mended) : status;
}

static bool take_repair(struct options *options, int id, void *repair)
{
    (void)options, (void)id;
    return *(bool *)repair = true;
}

static int run(const struct call *call)
{
    bool repair = false;
    struct options options;
    if (!options_parse(&options, call, take_repair, &repair))
        return options.status;
    return repair ? segment_write(call->context, mend_and_check, NULL)
                  : segment_read(call->context, check_only, NULL);
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
