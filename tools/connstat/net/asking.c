/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/asking.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/failure.h"

bool asking_take(struct options *options, int id, struct asking *asking)
{
    uint64_t pid;
    asking->asks_network = true;
    if (id != OPTION_NETNS)
        return true;
    if (!options_number(options, 1, INT32_MAX, &pid))
        return false;
    asking->netns = (pid_t)pid;
    return true;
}

int asking_enter(const struct asking *asking)
{
    int error = asking->netns ? netns_enter(asking->netns) : 0;
    switch (error) {
    case 0:
        return STATUS_OK;
    case -ENOENT:
        return failure("--netns: there is no process %d: \"connstat workers\" shows those that "
                       "hold entries",
                       asking->netns);
    case -EPERM:
    case -EACCES:
        return failure("--netns: entering the network namespace of process %d takes root's rights "
                       "(CAP_SYS_ADMIN)",
                       asking->netns);
    default:
        return failure("--netns: the network namespace of process %d cannot be entered: %s",
                       asking->netns, strerror(-error));
    }
}

int asking_refuse_elsewhere(const struct context *context, pid_t pid)
{
    if (pid == 0)
        return failure("no socket of these entries is in this network namespace, and their workers "
                       "are not visible from this pid namespace: run connstat where they run, or "
                       "with --netns PID, their number here");
    return failure("no socket of these entries is in this network namespace: as root, add --netns "
                   "%d, or run nsenter --target %d --net connstat %s ...",
                   pid, pid, context->command);
}

int asking_failure(const struct context *context, int error, const char *problem)
{
    return *problem ? failure("%s", problem) : segment_failure(context->segment, error);
}

int asking_answer(const struct context *context, connstat_t *cs, struct network *network)
{
    char problem[512];
    pid_t pid;
    int error = network_ask(network, cs, problem, sizeof(problem));
    if (error < 0)
        return asking_failure(context, error, problem);
    return network_is_elsewhere(network, &pid) ? asking_refuse_elsewhere(context, pid) : STATUS_OK;
}

int asking_ask(const struct asking *asking, const struct context *context, connstat_t *cs,
               const struct selection *selection, struct network *network)
{
    int status = asking_enter(asking);
    if (status != STATUS_OK)
        return status;
    status = visit_status(context->segment, network_gather(network, cs, selection));
    return status == STATUS_OK ? asking_answer(context, cs, network) : status;
}
