/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/sample/source.h"

#include <errno.h>

#include "common/failure.h"

void source_init(struct source *source, const char *name)
{
    source->name = name;
    atomic_init(&source->handle, NULL);
    atomic_init(&source->error, 0);
    source_poll(source);
}

void source_close(struct source *source)
{
    connstat_close(atomic_exchange(&source->handle, NULL));
}

static bool is_current(connstat_t *handle)
{
    struct connstat_info info;
    return connstat_info(handle, &info) == 0 && !info.retired;
}

void source_poll(struct source *source)
{
    connstat_t *handle = atomic_load(&source->handle);
    if (handle && is_current(handle))
        return;

    /* Take the handle away first: a request that comes now is told that there is no segment,
     * instead of counting the remains of a destroyed one. */
    source_close(source);
    int error = connstat_open(&handle, source->name, CONNSTAT_READ_ONLY);
    atomic_store(&source->error, error);
    if (error == 0)
        atomic_store(&source->handle, handle);
}

connstat_t *source_handle(struct source *source)
{
    connstat_t *handle = atomic_load(&source->handle);
    return handle && is_current(handle) ? handle : NULL;
}

char *source_problem(struct source *source, char *buf, size_t size)
{
    int error = atomic_load(&source->error);
    return segment_advice(source->name, error ? error : -ENOENT, buf, size);
}
