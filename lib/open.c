/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_open and connstat_close.
 */
#include "os/path.h"
#include "process/uncancelled.h"
#include "worker/handle.h"

#include <errno.h>

int connstat_open(connstat_t **cs, const char *name, unsigned flags)
{
    return connstat_open_at(cs, NULL, name, flags);
}

int connstat_open_at(connstat_t **cs, const char *directory, const char *name, unsigned flags)
{
    UNCANCELLED;
    MAPPING_ROOM(mapping);
    struct path path;
    int error;

    if (cs == NULL || (flags & ~CONNSTAT_READ_ONLY) != 0)
        return -EINVAL;
    if (mapping == NULL)
        return -ENOMEM;
    error = path_resolve(&path, directory, name);
    if (error == 0)
        error = handles_init();
    if (error == 0)
        error = file_open(mapping, &path, flags & CONNSTAT_READ_ONLY);
    if (error < 0)
        return error;
    return handle_new(cs, &path, mapping);
}

void connstat_close(connstat_t *cs)
{
    UNCANCELLED;

    if (cs != NULL && call_is_inside(cs))
        errno = EDEADLK;
    else if (cs != NULL)
        handle_close(cs);
}
