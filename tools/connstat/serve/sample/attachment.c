/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/attachment.h"

#include <errno.h>

#include "common/failure.h"

void attachment_init(struct attachment *attachment, const char *name)
{
    attachment->name = name;
    atomic_init(&attachment->handle, NULL);
    atomic_init(&attachment->error, 0);
    attachment_poll(attachment);
}

void attachment_close(struct attachment *attachment)
{
    connstat_close(atomic_exchange(&attachment->handle, NULL));
}

static bool is_current(connstat_t *handle)
{
    struct connstat_info info;
    return connstat_info(handle, &info) == 0 && !info.retired;
}

void attachment_poll(struct attachment *attachment)
{
    connstat_t *handle = atomic_load(&attachment->handle);
    if (handle && is_current(handle))
        return;

    /* Unpublish first: a request that comes now is told that there is no segment, instead of
     * counting the ghosts of a destroyed one. */
    attachment_close(attachment);
    int error = connstat_open(&handle, attachment->name, CONNSTAT_READ_ONLY);
    atomic_store(&attachment->error, error);
    if (error == 0)
        atomic_store(&attachment->handle, handle);
}

connstat_t *attachment_handle(struct attachment *attachment)
{
    connstat_t *handle = atomic_load(&attachment->handle);
    return handle && is_current(handle) ? handle : NULL;
}

char *attachment_problem(struct attachment *attachment, char *buf, size_t size)
{
    int error = atomic_load(&attachment->error);
    return segment_advice(attachment->name, error ? error : -ENOENT, buf, size);
}
