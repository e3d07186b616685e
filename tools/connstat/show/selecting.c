/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "show/selecting.h"

#include <errno.h>

#include "common/failure.h"

/* Keeps a condition. Of those that are too many one is kept, so that select_add refuses it in words. */
static bool take_condition(struct options *options, struct selecting *selecting)
{
    if (selecting->where_count <= SELECT_MAX_WHERES)
        selecting->wheres[selecting->where_count++] = options->value;
    return true;
}

int selecting_read(struct selecting *selecting, const struct context *context)
{
    if (selecting->selection.is_any && selecting->where_count == 0)
        return usage_error(context, "--or is for --where");
    for (size_t i = 0; i < selecting->where_count; i++) {
        char problem[512];
        int error =
            select_add(&selecting->selection, selecting->wheres[i], problem, sizeof(problem));
        if (error == -ENOMEM)
            return failure("out of memory");
        if (error < 0)
            return usage_error(context, "--where: %s", problem);
    }
    return STATUS_OK;
}

static bool take_worker(struct options *options, struct selection *selection)
{
    uint64_t pid;
    if (!options_number(options, 1, INT32_MAX, &pid))
        return false;
    selection->worker = (pid_t)pid;
    return true;
}

bool selecting_take(struct options *options, int id, struct selecting *selecting)
{
    struct selection *selection = &selecting->selection;
    switch (id) {
    case 't':
        return options_type(options, &selecting->types);
    case 'w':
        return take_condition(options, selecting);
    case 'W':
        return take_worker(options, selection);
    case OPTION_OR:
        selection->is_any = true;
        return true;
    case OPTION_OLDER:
        return options_seconds(options, &selection->older_seconds);
    case OPTION_IDLE:
        return options_seconds(options, &selection->idle_seconds);
    case 'k':
        selection->has_key = true;
        return options_key(options, &selection->key);
    default:
        return false;
    }
}

bool selecting_bind(struct selecting *selecting, const struct context *context, connstat_t *cs,
                    int *status)
{
    if (!segment_types(context, cs, &selecting->types, &selecting->selection.types, status))
        return false;
    const struct condition *refused = select_bind(&selecting->selection, cs);
    if (!refused)
        return true;
    *status = usage_error(context, "--where: segment \"%s\" has no type \"%s\"",
                          segment_name(context->segment), refused->operand.text);
    return false;
}

static void tell(const char *remark, void *arg)
{
    (void)arg;
    failure("%s", remark);
}

void selecting_remarks(const struct selecting *selecting)
{
    select_remarks(&selecting->selection, tell, NULL);
}
