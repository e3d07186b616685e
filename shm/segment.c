/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "segment.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ /* Linux 5.14 */
#define MADV_POPULATE_READ 22
#endif

bool segment_has_file(const struct segment *s, struct stat *st)
{
    return fstat(s->fd, st) == 0 && st->st_dev == s->device && st->st_ino == s->inode;
}

/* Is the file so long? Where its descriptor is gone, the mapping is asked, by a way that fails
 * where touching it would raise SIGBUS. */
static bool reaches(const struct segment *s, uint64_t end)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    struct stat st;

    if (segment_has_file(s, &st))
        return (uint64_t)st.st_size >= end;
    return madvise(s->base + (end - 1) / page * page, page, MADV_POPULATE_READ) == 0;
}

bool segment_look_for_keys(const struct segment *s, uint32_t type)
{
    /* acquire: with the release of who reserved the memory */
    if (!(atomic_load_explicit(&segment_header(s)->key_ready, memory_order_acquire) >> type & 1) ||
        !reaches(s, s->geometry.types[type].key_end))
        return false;
    /* Private to the process, and only ever set: the cast is not seen by anybody else. */
    atomic_fetch_or_explicit((_Atomic uint64_t *)&s->keys_known, UINT64_C(1) << type,
                             memory_order_relaxed);
    return true;
}
