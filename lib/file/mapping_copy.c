/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "file/mapping.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where the part ends that is copied: all that tells of workers, deaths, counts and growth. */
static uint64_t end_of_records(const struct geometry *g)
{
    uint64_t end = g->fixed;

    for (uint32_t t = 0; t < g->shape.type_count; t++) {
        const struct type_geometry *type = &g->types[t];

        end = type->map < end ? type->map : end;
        if (!type->grows) {
            end = type->words < end ? type->words : end;
            end = type->payloads < end ? type->payloads : end;
        }
    }
    return end;
}

/* Fills the copied part. Only that is made writable, because where the kernel does not overcommit, all
 * that is writable counts as used memory. */
static int fill(const struct mapping *mapping, int fd)
{
    uint64_t end = end_of_records(&mapping->segment.geometry);

    if (mprotect(mapping->segment.base, end, PROT_READ | PROT_WRITE) < 0)
        return -ENOMEM;
    for (uint64_t have = 0; have < end;) {
        ssize_t got = pread(fd, mapping->segment.base + have, end - have, (off_t)have);

        if (got <= 0)
            return -EBADMSG;
        have += (uint64_t)got;
    }
    return 0;
}

/* Notes what has grown. Nothing is mapped: the tables of a copy are empty, also where they have grown. */
static int follow(struct segment *s)
{
    struct growth growth;
    struct parts parts;
    uint64_t word;
    int error = 0;

    growth_start(&s->geometry, &growth);
    while (error == 0 && (word = atomic_load_explicit(&segment_growth_log(s)[growth.lines],
                                                      memory_order_relaxed)) != 0)
        error = growth_apply(&s->geometry, &growth, word, &parts);
    for (uint32_t t = 0; t < MAX_TYPES; t++)
        atomic_store_explicit(&s->capacity[t], growth.capacity[t], memory_order_relaxed);
    atomic_store_explicit(&s->indexes, growth.indexes, memory_order_relaxed);
    atomic_store_explicit(&s->known, growth.lines, memory_order_relaxed);
    return error;
}

int mapping_open_copy(struct mapping *mapping, int fd)
{
    struct segment *s = &mapping->segment;
    uint64_t bytes = s->geometry.reserved;
    void *base = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int error;

    if (base == MAP_FAILED)
        return -errno;
    s->base = base;
    s->fd = -1;
    s->device = s->inode = 0;
    mapping->bytes = bytes;
    mapping->file = NULL;
    mapping->read_only = true;
    error = fill(mapping, fd);
    if (error == 0)
        error = follow(s);
    if (error < 0)
        munmap(base, bytes);
    return error;
}
