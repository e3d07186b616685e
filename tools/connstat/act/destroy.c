/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat destroy: remove a segment.
 */
#include <errno.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "common/workers.h"

static const struct command_option destroy_options[] = {
    {'f', "force", NULL, "even if workers live in it, or nobody can tell", NULL},
    {0},
};

/* STATUS_OK: no worker lives in the segment. Otherwise the reason was printed. */
static int check_unused(const struct context *context, connstat_t *cs, void *arg)
{
    (void)arg;
    int workers = workers_count(cs);
    if (workers < 0)
        return segment_failure(context->segment, workers);
    if (workers == 0)
        return STATUS_OK;
    return failure("%d worker%s in segment \"%s\": stop the server first; with --force it goes "
                   "on unseen",
                   workers, workers == 1 ? " lives" : "s live", segment_name(context->segment));
}

static bool take_force(struct options *options, int id, void *force)
{
    (void)options, (void)id;
    return *(bool *)force = true;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    bool force = false;
    struct options options;
    if (!options_parse(&options, call, take_force, &force))
        return options.status;

    int status = force ? STATUS_OK : segment_read(context, check_unused, NULL);
    if (status != STATUS_OK)
        return status;
    int error = connstat_destroy(context->segment);
    if (error == -EBUSY)
        return failure("another process is replacing segment \"%s\" at this moment: try again",
                       segment_name(context->segment));
    return error < 0 ? segment_failure(context->segment, error) : STATUS_OK;
}

const struct command command_destroy = {
    .name = "destroy",
    .summary = "remove a segment; not while workers live in it, unless forced",
    .usage = "[OPTION]...",
    .details = "Whoever is attached keeps what it has until it closes.",
    .options = destroy_options,
    .run = run,
};
