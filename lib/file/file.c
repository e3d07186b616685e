/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "file/file.h"

#include "file/mapping.h"
#include "os/descriptor.h"

#include <errno.h>
#include <fcntl.h>
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
    if (error < 0)
        return error;
    /* Of a machine with smaller pages: its parts cannot be mapped here. */
    if (geometry->shape.page_bytes % (uint64_t)sysconf(_SC_PAGESIZE) != 0)
        return -EPROTO;
    return (uint64_t)st->st_size < geometry->size ? -EBADMSG : 0;
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
        error = mapping_open(mapping, fd, path->file, read_only, &st);
    if (error < 0) {
        close(fd);
        return error;
    }
    state = atomic_load_explicit(&segment_header(&mapping->segment)->state, memory_order_acquire);
    error = state == SEGMENT_READY || state == SEGMENT_RETIRED ? mapping_follow(mapping) : -EBADMSG;
    if (error < 0)
        mapping_close(mapping);
    return error;
}

int file_open_copy(struct mapping *mapping, const struct path *path)
{
    struct stat st;
    int error, fd = file_open_descriptor(path, true, &st);

    if (fd < 0)
        return fd;
    error = read_header(fd, &st, &mapping->segment.geometry);
    if (error == 0)
        error = mapping_open_copy(mapping, fd);
    close(fd);
    if (error == 0 && atomic_load_explicit(&segment_header(&mapping->segment)->state,
                                           memory_order_relaxed) != SEGMENT_READY) {
        mapping_close(mapping);
        error = -EBADMSG;
    }
    return error;
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
