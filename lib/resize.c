/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tables that grow: by hand, and how far.
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
    return room_grow(&a->mapping, (uint32_t)type, capacity, capacity);
}

int connstat_resize(connstat_t *cs, int type, uint32_t capacity)
{
    CALL(call, cs);

    return call.attachment == NULL ? -ENOTCONN : resize(call.attachment, type, capacity);
}

int64_t connstat_type_maximum(connstat_t *cs, int type)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    int64_t maximum = -EINVAL;

    if (a == NULL)
        return cs == NULL ? -EINVAL : -ENOTCONN;
    if ((unsigned)type < a->segment->geometry.shape.type_count)
        maximum = a->segment->geometry.types[type].maximum;
    guard_leave();
    return maximum;
}

int64_t connstat_type_growths(connstat_t *cs, int type)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    int64_t growths = -EINVAL;

    if (a == NULL)
        return cs == NULL ? -EINVAL : -ENOTCONN;
    if ((unsigned)type < a->segment->geometry.shape.type_count) {
        (void)room_keep_up(&a->mapping);
        growths = room_count_growths(&a->mapping, (uint32_t)type);
    }
    guard_leave();
    return growths;
}
