/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "file/mapping.h"

#include "os/cgroup.h"
#include "os/descriptor.h"
#include "os/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE /* Linux 6.1 */
#define MADV_COLLAPSE 25
#endif

/* ---- mapping -------------------------------------------------------------------------------- */

/* Under mlockall a mapping that may not be locked is EAGAIN. */
static int memory_error(int error)
{
    return error == EAGAIN ? -ENOMEM : -error;
}

/* Nothing of it can be touched, so it takes no memory, and mlockall fills nothing. It begins where a
 * huge page can. */
static int reserve_addresses(struct mapping *mapping)
{
    uint64_t bytes = mapping->segment.geometry.reserved, with_slack = bytes + HUGE_PART;
    uint8_t *start =
        mmap(NULL, with_slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint64_t before = -(uintptr_t)start % HUGE_PART;

    if (start == MAP_FAILED)
        return memory_error(errno);
    if (before > 0)
        munmap(start, before);
    if (before < HUGE_PART)
        munmap(start + before + bytes, HUGE_PART - before);
    mapping->segment.base = start + before;
    mapping->bytes = bytes;
    return 0;
}

/* A core dump of the host is about the host: the file of the segment is there by itself. */
static int map_part(const struct mapping *mapping, int fd, const struct part *part)
{
    int prot = mapping->read_only ? PROT_READ : PROT_READ | PROT_WRITE;
    uint8_t *where = mapping->segment.base + part->at;

    if (mmap(where, part->bytes, prot, MAP_SHARED | MAP_FIXED, fd, (off_t)part->offset) ==
        MAP_FAILED)
        return memory_error(errno);
    (void)madvise(where, part->bytes, MADV_DONTDUMP);
    if (part->bytes >= HUGE_PART)
        (void)madvise(where, part->bytes, MADV_HUGEPAGE);
    return 0;
}

static int map_parts(const struct mapping *mapping, int fd, const struct parts *parts)
{
    int error = 0;

    for (uint32_t i = 0; error == 0 && i < parts->count; i++)
        error = map_part(mapping, fd, &parts->part[i]);
    return error;
}

static int map_first_parts(const struct mapping *mapping)
{
    const struct geometry *g = &mapping->segment.geometry;
    struct part fixed = {0, 0, g->fixed};
    int error = map_part(mapping, mapping->segment.fd, &fixed);
    struct growth growth;
    struct parts parts;

    growth_empty(g, &growth);
    for (uint32_t t = 0; error == 0 && t < g->shape.type_count; t++) {
        growth_first(g, &growth, t, &parts);
        error = map_parts(mapping, mapping->segment.fd, &parts);
    }
    return error;
}

int mapping_open(struct mapping *mapping, int fd, const char *file, bool read_only,
                 const struct stat *st)
{
    struct segment *s = &mapping->segment;
    int error;

    mapping->file = strdup(file);
    error = mapping->file == NULL ? -ENOMEM : reserve_addresses(mapping);
    if (error < 0) {
        free(mapping->file);
        return error;
    }
    s->fd = fd;
    s->device = st->st_dev;
    s->inode = st->st_ino;
    mapping->read_only = read_only;
    atomic_store_explicit(&s->known, 0, memory_order_relaxed);
    atomic_store_explicit(&s->indexes, 0, memory_order_relaxed);
    for (uint32_t t = 0; t < MAX_TYPES; t++)
        atomic_store_explicit(&s->capacity[t], s->geometry.types[t].capacity, memory_order_relaxed);
    error = map_first_parts(mapping);
    if (error < 0) {
        munmap(s->base, mapping->bytes);
        free(mapping->file);
    }
    return error;
}

void mapping_close(struct mapping *mapping)
{
    struct stat st;

    munmap(mapping->segment.base, mapping->bytes);
    if (segment_has_file(&mapping->segment, &st))
        close(mapping->segment.fd);
    free(mapping->file);
    mapping->file = NULL;
    mapping->segment.base = NULL;
    mapping->segment.fd = -1;
}

/* ---- following ------------------------------------------------------------------------------ */

static uint64_t log_line(const struct segment *s, uint32_t number)
{
    /* acquire, with the exchange in append: the line's memory was reserved before. Weaker, we could map
     * it before the file is that long. */
    return atomic_load_explicit(&segment_growth_log(s)[number], memory_order_acquire);
}

/* Returns a descriptor of the file: the mapping's own or, if the host has closed that and the name still
 * leads to the file, a new one. -EBADF: there is none. give_descriptor gives it back. */
static int take_descriptor(const struct mapping *mapping, struct stat *st)
{
    const struct segment *s = &mapping->segment;
    int fd;

    if (segment_has_file(s, st))
        return s->fd;
    fd = descriptor_open(mapping->file,
                         (mapping->read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK, 0);
    if (fd < 0)
        return -EBADF;
    if (fstat(fd, st) == 0 && st->st_dev == s->device && st->st_ino == s->inode)
        return fd;
    close(fd);
    return -EBADF;
}

static void give_descriptor(const struct mapping *mapping, int fd)
{
    if (fd != mapping->segment.fd)
        close(fd);
}

/* Maps these parts, if the file is long enough for them: to touch a page beyond its end raises SIGBUS. */
static int map_what_grew(const struct mapping *mapping, uint64_t end, const struct parts *parts)
{
    struct stat st;
    int fd = take_descriptor(mapping, &st), error;

    if (fd < 0)
        return fd;
    error = (uint64_t)st.st_size < end ? -EBADMSG : map_parts(mapping, fd, parts);
    give_descriptor(mapping, fd);
    return error;
}

static void raise_to(_Atomic uint32_t *number, uint32_t to)
{
    uint32_t seen = atomic_load_explicit(number, memory_order_relaxed);

    /* release: with segment_capacity and segment_is_behind: what it stands for is mapped */
    while (seen < to && !atomic_compare_exchange_weak_explicit(
                            number, &seen, to, memory_order_release, memory_order_relaxed))
        ;
}

/* Raises what this process knows. The number of lines comes last: whoever sees it, and so is not
 * behind, knows all the rest. */
static void make_known(struct segment *s, const struct growth *growth)
{
    for (uint32_t t = 0; t < s->geometry.shape.type_count; t++)
        raise_to(&s->capacity[t], growth->capacity[t]);
    atomic_fetch_or_explicit(&s->indexes, growth->indexes, memory_order_release);
    raise_to(&s->known, growth->lines);
}

/* Reads the log to its end, checks each line, and maps what was not mapped yet. */
int mapping_look(struct mapping *mapping, struct growth *growth)
{
    struct segment *s = &mapping->segment;
    struct parts parts;
    uint64_t word;
    int error;

    growth_start(&s->geometry, growth);
    while ((word = log_line(s, growth->lines)) != 0) {
        uint32_t number = growth->lines;

        error = growth_apply(&s->geometry, growth, word, &parts);
        if (error == 0 && number >= atomic_load_explicit(&s->known, memory_order_relaxed))
            error = map_what_grew(mapping, growth->end, &parts);
        if (error < 0)
            return error;
    }
    make_known(s, growth);
    return 0;
}

int mapping_follow(struct mapping *mapping)
{
    struct growth growth;

    return mapping_look(mapping, &growth);
}

uint32_t mapping_count_growths(struct mapping *mapping, uint32_t type)
{
    const struct segment *s = &mapping->segment;
    uint32_t known = atomic_load_explicit(&s->known, memory_order_acquire), count = 0;
    struct growth growth;
    struct parts parts;

    growth_start(&s->geometry, &growth);
    while (growth.lines < known) {
        uint32_t before = growth.capacity[type];

        if (growth_apply(&s->geometry, &growth, log_line(s, growth.lines), &parts) < 0)
            break;
        count += growth.capacity[type] != before;
    }
    return count;
}

/* ---- growing -------------------------------------------------------------------------------- */

/* Reserves memory for this range of the file, all of it or none. Signals are held back meanwhile: each
 * makes posix_fallocate start over on many kernels, and a profiler's timer would keep it for ever. */
static int reserve(int fd, uint64_t begin, uint64_t end)
{
    struct signals before;
    int error;

    signals_block(&before);
    error = -posix_fallocate(fd, (off_t)begin, (off_t)(end - begin));
    signals_restore(&before);
    return error;
}

static int reserve_parts(int fd, const struct parts *parts)
{
    for (uint32_t i = 0; i < parts->count; i++) {
        const struct part *part = &parts->part[i];
        int error = reserve(fd, part->offset, part->offset + part->bytes);

        if (error < 0)
            return error;
    }
    return 0;
}

int mapping_reserve(const struct geometry *g, int fd)
{
    int error = cgroup_has_room(g->size) ? reserve(fd, 0, g->fixed) : -ENOSPC;
    struct growth growth;
    struct parts parts;

    growth_empty(g, &growth);
    for (uint32_t t = 0; error == 0 && t < g->shape.type_count; t++) {
        growth_first(g, &growth, t, &parts);
        error = reserve_parts(fd, &parts);
    }
    return error;
}

/* Appends a line to the log, after reserving its memory. `growth` is what the log says so far. Returns
 * 0 also if somebody else has appended a line meanwhile: the caller looks again. */
static int append(struct mapping *mapping, const struct growth *growth, enum growth_kind kind,
                  uint32_t type, uint32_t capacity)
{
    struct segment *s = &mapping->segment;
    uint64_t word = growth_word(growth, kind, type, capacity), none = 0;
    struct growth next = *growth;
    struct parts parts;
    struct stat st;
    int fd, error = growth_apply(&s->geometry, &next, word, &parts);

    if (error < 0)
        return error;
    if (!cgroup_has_room(parts_bytes(&parts)))
        return -ENOSPC;
    fd = take_descriptor(mapping, &st);
    if (fd < 0)
        return fd;
    /* A look first, so that no part is reserved where the next one finds nothing. But there may be what
     * others reserved who did not come to write a line. */
    error = (uint64_t)st.st_size > growth->end || descriptor_has_room(fd, parts_bytes(&parts))
                ? reserve_parts(fd, &parts)
                : -ENOSPC;
    give_descriptor(mapping, fd);
    if (error < 0)
        return -ENOSPC;
    /* Release, with the acquire in log_line: the memory is reserved. Nothing is acquired: nobody released
     * the 0 that we replace, and the line of who was faster is read again by mapping_look. Killed before
     * this, we leave memory that the next who grows uses. */
    atomic_compare_exchange_strong_explicit(&segment_growth_log(s)[growth->lines], &none, word,
                                            memory_order_release, memory_order_relaxed);
    return 0;
}

/* The loop ends: each turn but the last has found one more line in the log, which has room for few. */
int mapping_grow(struct mapping *mapping, uint32_t type, uint32_t least, uint64_t wanted)
{
    const struct geometry *g = &mapping->segment.geometry;
    struct growth growth;
    int error;

    while ((error = mapping_look(mapping, &growth)) == 0 && growth.capacity[type] < least) {
        if (least > g->types[type].maximum)
            return -ENOSPC;
        error = append(mapping, &growth, GROWTH_TABLE, type, growth_next(g, &growth, type, wanted));
        if (error < 0)
            break;
    }
    return error;
}

int mapping_add_index(struct mapping *mapping, uint32_t type)
{
    struct growth growth;
    int error;

    while ((error = mapping_look(mapping, &growth)) == 0 && !(growth.indexes >> type & 1)) {
        error = append(mapping, &growth, GROWTH_INDEX, type, growth.capacity[type]);
        if (error < 0)
            break;
    }
    return error;
}

/* ---- huge pages ----------------------------------------------------------------------------- */

/* Best effort, also on a tmpfs that does not hand out huge pages by itself, as /dev/shm: at a
 * million entries a registration waits for the page tables more than for anything else. */
static void use_huge_pages(const struct mapping *mapping, const struct part *part)
{
    uint64_t first = (part->at + HUGE_PART - 1) / HUGE_PART * HUGE_PART;
    uint64_t last = (part->at + part->bytes) / HUGE_PART * HUGE_PART;

    if (first < last)
        (void)madvise(mapping->segment.base + first, last - first, MADV_COLLAPSE);
}

static void use_huge_pages_in(const struct mapping *mapping, const struct parts *parts)
{
    for (uint32_t i = 0; i < parts->count; i++)
        use_huge_pages(mapping, &parts->part[i]);
}

void mapping_use_huge_pages_at_first(struct mapping *mapping)
{
    const struct geometry *g = &mapping->segment.geometry;
    struct part fixed = {0, 0, g->fixed};
    struct growth growth;
    struct parts parts;

    use_huge_pages(mapping, &fixed);
    growth_empty(g, &growth);
    for (uint32_t t = 0; t < g->shape.type_count; t++) {
        growth_first(g, &growth, t, &parts);
        use_huge_pages_in(mapping, &parts);
    }
}

void mapping_use_huge_pages(struct mapping *mapping, uint32_t from)
{
    const struct segment *s = &mapping->segment;
    uint32_t known = atomic_load_explicit(&s->known, memory_order_acquire);
    struct growth growth;
    struct parts parts;

    growth_start(&s->geometry, &growth);
    while (growth.lines < known) {
        uint32_t number = growth.lines;

        if (growth_apply(&s->geometry, &growth, log_line(s, number), &parts) < 0)
            return;
        if (number >= from)
            use_huge_pages_in(mapping, &parts);
    }
}
