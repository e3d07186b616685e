/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat_resize: a table grows by hand.
 */
#include "worker/handle.h"

#include <errno.h>

/* What grows is a file: any thread, also one that has not joined. */
static int resize(struct attachment *a, int type, uint32_t capacity)
{
    const struct geometry *g = &a->segment->geometry;

    if ((unsigned)type >= g->shape.type_count || capacity > g->types[type].maximum)
        return -EINVAL;
    if (a->read_only)
        return -EROFS;
    return mapping_grow(&a->mapping, (uint32_t)type, capacity, capacity);
}

int connstat_resize(connstat_t *cs, int type, uint32_t capacity)
{
    CALL(call, cs);

    return call.attachment == NULL ? -ENOTCONN : resize(call.attachment, type, capacity);
}
