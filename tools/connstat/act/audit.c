/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat audit: what the kernel knows against what the table says.
 */
#include "act/audit_report.h"
#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "net/asking.h"

enum { OPTION_FIX_HINT = OPTION_LONG };

struct request {
    struct asking asking;
    struct ports ports;
    bool fix_hint;
    double interval_seconds;
};

static const struct command_option audit_options[] = {
    {'p', "port", "PORT",
     "the server's; repeatable; else those where an entry's socket was accepted", NULL,
     .is_repeatable = true},
    ASKING_OPTION_NETNS,
    {'i', "interval", "TIME", "between the two looks (1s)", NULL},
    {OPTION_FIX_HINT, "fix-hint", NULL, "also what to do about it", NULL},
    {0},
};

static bool take_option(struct options *options, int id, void *arg)
{
    struct request *request = arg;
    uint64_t port;
    switch (id) {
    case 'p':
        if (!options_number(options, 1, 65535, &port))
            return false;
        ports_add(&request->ports, (uint16_t)port);
        return true;
    case 'i':
        return options_interval(options, &request->interval_seconds);
    case OPTION_FIX_HINT:
        return request->fix_hint = true;
    default:
        return asking_take(options, id, &request->asking);
    }
}

static int look(struct look *look, const struct context *context, connstat_t *cs,
                const struct request *request)
{
    char problem[512];
    const struct ports *ports = request->ports.count > 0 ? &request->ports : NULL;
    int error = look_twice(look, cs, ports, request->interval_seconds, problem, sizeof(problem));
    if (error < 0)
        return asking_failure(context, error, problem);
    return look->is_elsewhere ? asking_refuse_elsewhere(context, look->elsewhere_pid) : STATUS_OK;
}

static int audit(const struct context *context, connstat_t *cs, void *arg)
{
    const struct request *request = arg;
    struct look found;
    int status = asking_enter(&request->asking);
    if (status != STATUS_OK)
        return status;
    status = look(&found, context, cs, request);
    if (status == STATUS_OK) {
        struct audit_report report = {context, cs, &found, look_cannot_tell(&found, cs),
                                      request->fix_hint};
        audit_print(&report);
        status = audit_is_bad(&report) ? STATUS_RUNTIME : STATUS_OK;
    }
    look_free(&found);
    return status;
}

static int run(const struct call *call)
{
    struct request request = {.interval_seconds = 1};
    struct options options;
    if (!options_parse(&options, call, take_option, &request))
        return options.status;
    return segment_read(call->context, audit, &request);
}

const struct command command_audit = {
    .name = "audit",
    .summary = "entries whose socket is gone, sockets that nobody registered",
    .usage = "[OPTION]...",
    .details =
        "Entries name their sockets by the field socket of their metadata (connstat_socket(3)). "
        "Told\n"
        "are those whose socket no process has open any more: the server closed it and forgot to\n"
        "unregister. And TCP connections on the server's ports that no entry names: accepted and\n"
        "never registered. Only what two looks a second apart both find is told, so that those "
        "who\n"
        "come and go meanwhile are no false alarm. Exit status 1: something is wrong, or the "
        "kernel\n"
        "does not tell.\n"
        "\n"
        "An entry without socket may be that of an unregistered socket: so many it cannot tell. "
        "Only\n"
        "types count of which some entry has one; where none has, all kinds of connection.\n"
        "\n"
        "Sockets of the server's own network namespace are visible only: --netns PID enters it.\n"
        "\n"
        "  connstat audit --port 443 --fix-hint",
    .options = audit_options,
    .run = run,
};
