/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "file/file.h"

#include "os/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- opening -------------------------------------------------------------------------------- */

int file_open_descriptor(const struct path *path, bool read_only, struct stat *st)
{
    int fd =
        descriptor_open(path->file, (read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK, 0);

    if (fd == -EISDIR || fd == -ENXIO) /* a folder, a socket */
        return -EBADMSG;
    if (fd < 0)
        return fd == -ELOOP || fd == -EPERM || fd == -EROFS ? -EACCES : fd;
    if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
        close(fd);
        return -EBADMSG;
    }
    /* In a directory that all may write to, a stranger may have taken the name first. */
    if (!read_only && st->st_uid != 0 && st->st_uid != geteuid()) {
        close(fd);
        return -EACCES;
    }
    return fd;
}

static int read_header(int fd, const struct stat *st, struct geometry *geometry)
{
    struct header *header = malloc(sizeof(*header)); /* 4 KB, which a small stack may not have */
    int error = -EBADMSG;

    if (header == NULL)
        return -ENOMEM;
    if (pread(fd, header, sizeof(*header), 0) == (ssize_t)sizeof(*header))
        error = geometry_from_header(geometry, header);
    free(header);
    if (error == 0 && (uint64_t)st->st_size < geometry->size)
        error = -EBADMSG;
    return error;
}

#ifndef MADV_COLLAPSE /* Linux 6.1 */
#define MADV_COLLAPSE 25
#endif

enum { HUGE_PAGE = 2 << 20 }; /* where it is another size, nothing is lost but some address space */

/* Where huge pages may lie: address and offset in the file agree. */
static void *map_aligned(uint64_t bytes, int prot, int fd)
{
    uint64_t room = bytes + HUGE_PAGE;
    uint8_t *reserved =
        mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint64_t before = -(uintptr_t)reserved % HUGE_PAGE;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t after = before + (bytes + page - 1) / page * page;
    void *base;

    if (reserved == MAP_FAILED)
        return MAP_FAILED;
    base = mmap(reserved + before, bytes, prot, MAP_SHARED | MAP_FIXED, fd, 0);
    if (base == MAP_FAILED) {
        munmap(reserved, room);
        return MAP_FAILED;
    }
    if (before > 0)
        munmap(reserved, before);
    if (after < room)
        munmap(reserved + after, room - after);
    return base;
}

/* Best effort, also on a tmpfs that does not hand out huge pages by itself, as /dev/shm: at a
 * million entries a registration waits for the page tables more than for anything else. */
void file_use_huge_pages(const struct mapping *mapping, uint64_t begin, uint64_t end)
{
    uint64_t first = (begin + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uint64_t last = end / HUGE_PAGE * HUGE_PAGE;

    if (first < last)
        (void)madvise(mapping->segment.base + first, last - first, MADV_COLLAPSE);
}

int file_map(struct mapping *mapping, int fd, bool read_only, const struct stat *st)
{
    void *base;

    /* The key index grows behind the file's first size: its room is mapped, and touched only once
     * the header says that the memory is there. */
    mapping->bytes = mapping->segment.geometry.size_with_keys;
    base = map_aligned(mapping->bytes, read_only ? PROT_READ : PROT_READ | PROT_WRITE, fd);
    if (base == MAP_FAILED)
        return -errno;
    (void)madvise(base, mapping->segment.geometry.size, MADV_HUGEPAGE);
    mapping->segment.base = base;
    atomic_store_explicit(&mapping->segment.keys_known, 0, memory_order_relaxed);
    mapping->segment.fd = fd;
    mapping->segment.device = st->st_dev;
    mapping->segment.inode = st->st_ino;
    mapping->read_only = read_only;
    return 0;
}

/* Every index of keys that the header announces, to its end: a file cut there still has its slots,
 * but would deny that they have keys. */
static bool has_indexes(const struct mapping *mapping)
{
    const struct geometry *g = &mapping->segment.geometry;
    /* acquire: with the release of who reserved an index: its memory is there before its bit */
    uint64_t ready =
        atomic_load_explicit(&segment_header(&mapping->segment)->key_ready, memory_order_acquire);
    struct stat st;

    if (fstat(mapping->segment.fd, &st) < 0)
        return false;
    for (uint32_t t = 0; t < g->shape.type_count; t++)
        if ((ready >> t & 1) && (uint64_t)st.st_size < g->types[t].key_end)
            return false;
    return true;
}

int file_open(struct mapping *mapping, const struct path *path, bool read_only)
{
    struct stat st;
    uint64_t state;
    int error, fd = file_open_descriptor(path, read_only, &st);

    if (fd < 0)
        return fd;
    error = read_header(fd, &st, &mapping->segment.geometry);
    if (error == 0)
        error = file_map(mapping, fd, read_only, &st);
    if (error < 0) {
        close(fd);
        return error;
    }
    state = atomic_load_explicit(&segment_header(&mapping->segment)->state, memory_order_acquire);
    if ((state != SEGMENT_READY && state != SEGMENT_RETIRED) || !has_indexes(mapping)) {
        file_unmap(mapping);
        return -EBADMSG;
    }
    return 0;
}

/* All that is told of workers, deaths and counts lies in front of the tables. */
static uint64_t end_of_records(const struct geometry *g)
{
    uint64_t end = g->size;

    for (uint32_t t = 0; t < g->shape.type_count; t++) {
        const struct type_geometry *type = &g->types[t];

        end = type->words < end ? type->words : end;
        end = type->map < end ? type->map : end;
        end = type->payloads < end ? type->payloads : end;
    }
    return end;
}

static int copy(struct mapping *mapping, int fd)
{
    struct segment *s = &mapping->segment;
    uint64_t end = end_of_records(&s->geometry);
    uint8_t *base = mmap(NULL, s->geometry.size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (base == MAP_FAILED)
        return -errno;
    for (uint64_t have = 0; have < end;) {
        ssize_t got = pread(fd, base + have, end - have, (off_t)have);

        if (got <= 0) {
            munmap(base, s->geometry.size);
            return -EBADMSG;
        }
        have += (uint64_t)got;
    }
    s->base = base;
    s->fd = -1;
    s->device = s->inode = 0;
    atomic_store_explicit(&s->keys_known, 0, memory_order_relaxed);
    mapping->bytes = s->geometry.size;
    mapping->read_only = true;
    return 0;
}

int file_open_copy(struct mapping *mapping, const struct path *path)
{
    struct stat st;
    int error, fd = file_open_descriptor(path, true, &st);

    if (fd < 0)
        return fd;
    error = read_header(fd, &st, &mapping->segment.geometry);
    if (error == 0)
        error = copy(mapping, fd);
    close(fd);
    if (error == 0 && atomic_load_explicit(&segment_header(&mapping->segment)->state,
                                           memory_order_relaxed) != SEGMENT_READY) {
        file_unmap(mapping);
        error = -EBADMSG;
    }
    return error;
}

void file_unmap(struct mapping *mapping)
{
    struct stat st;

    munmap(mapping->segment.base, mapping->bytes);
    if (segment_has_file(&mapping->segment, &st))
        close(mapping->segment.fd);
    mapping->segment.base = NULL;
    mapping->segment.fd = -1;
}

bool file_has_name(const struct mapping *mapping)
{
    struct stat st;

    return !segment_has_file(&mapping->segment, &st) || st.st_nlink != 0;
}

bool file_is_retired(const struct mapping *mapping)
{
    return atomic_load_explicit(&segment_header(&mapping->segment)->state, memory_order_relaxed) ==
               SEGMENT_RETIRED ||
           !file_has_name(mapping);
}
