/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_reap and connstat_reaper_*.
 */
#include "reaping/reap.h"
#include "reaping/reaper.h"
#include "worker/handle.h"

#include <errno.h>

int connstat_reap(connstat_t *cs)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    int cleared;

    if (a == NULL)
        return -ENOTCONN;
    cleared = a->read_only ? reap_private(a) : reap_and_grow(a, true);
    return cleared;
}

int connstat_reaper_start(connstat_t *cs)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    int error;

    if (a == NULL)
        return -ENOTCONN;
    error = reaper_start(a);
    return error;
}

int connstat_reaper_stop(connstat_t *cs)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;

    if (a == NULL)
        return -ENOTCONN;
    reaper_end(a);
    return 0;
}

int connstat_reaper_fd(connstat_t *cs)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    int fd;

    if (a == NULL)
        return -ENOTCONN;
    fd = reaper_fd(a);
    return fd;
}
