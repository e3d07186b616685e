/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "segment.h"

#include <sys/stat.h>

bool segment_look_for_keys(const struct segment *s, uint32_t type)
{
    struct stat st;

    /* acquire: with the release of who reserved the memory */
    if (!(atomic_load_explicit(&segment_header(s)->key_ready, memory_order_acquire) >> type & 1) ||
        fstat(s->fd, &st) < 0 || (uint64_t)st.st_size < s->geometry.types[type].key_end)
        return false;
    /* Private to the process, and only ever set: the cast is not seen by anybody else. */
    atomic_fetch_or_explicit((_Atomic uint64_t *)&s->keys_known, UINT64_C(1) << type,
                             memory_order_relaxed);
    return true;
}
