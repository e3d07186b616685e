/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Making the file of a segment: whole, or not at all.
 */
#include "file/make.h"

#include "file/mapping.h"
#include "file/name_lock.h"
#include "os/clock.h"
#include "os/descriptor.h"
#include "os/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

/* Writes the header. All else stays zeros, which are empty tables. */
static int fill(struct segment *segment)
{
    const struct geometry *g = &segment->geometry;
    struct header *header = segment_header(segment);
    uint64_t random[3];
    int error;

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return -EIO;
    error = procfs_boot_id(header->boot_id);
    if (error < 0)
        return error;
    geometry_to_header(g, header);
    header->created_at_ns = clock_now_ns();
    header->key_secret[0] = random[0];
    header->key_secret[1] = random[1];
    header->id_salt = random[2];
    header->checksum = header_checksum(header);
    /* release, with the acquire in file_open. Relaxed would do: the file has no name yet, and the system
     * call that gives it one orders all of this. */
    atomic_store_explicit(&header->state, SEGMENT_READY, memory_order_release);
    return 0;
}

static int give_rights(int fd, const struct file_rights *rights)
{
    if (rights->gid != 0 && fchown(fd, (uid_t)-1, rights->gid) < 0)
        return errno == EPERM ? -EACCES : -errno;
    return fchmod(fd, rights->mode) < 0 ? -errno : 0;
}

int file_make_nameless(struct mapping *mapping, const struct path *path,
                       const struct file_rights *rights)
{
    char room[DIRECTORY_BYTES];
    struct stat st;
    int error, fd = descriptor_open(path_parent(path, room), O_TMPFILE | O_RDWR, 0600);

    if (fd < 0)
        return fd == -EROFS || fd == -EPERM ? -EACCES : fd == -EISDIR ? -EOPNOTSUPP : fd;
    /* Reserve all memory now. ftruncate alone would succeed on a full tmpfs, and the first access to a
     * page that is not there would raise SIGBUS. */
    error = mapping_reserve(&mapping->segment.geometry, fd);
    if (error == 0)
        error = give_rights(fd, rights);
    if (error == 0 && fstat(fd, &st) < 0)
        error = -errno;
    if (error == 0)
        error = mapping_open(mapping, fd, path->file, false, &st);
    if (error < 0) {
        close(fd);
        return error;
    }
    mapping_use_huge_pages_at_first(mapping);
    error = fill(&mapping->segment);
    if (error < 0)
        mapping_close(mapping);
    return error;
}

int file_give_name(const struct mapping *mapping, const char *name)
{
    char self[64];

    snprintf(self, sizeof(self), "/proc/self/fd/%d", mapping->segment.fd);
    if (linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno != ENOENT)
        return -errno;
    /* There is no /proc, as in a jail. Root, and anybody from Linux 6.10 on, may link without it. */
    if (linkat(mapping->segment.fd, "", AT_FDCWD, name, AT_EMPTY_PATH) == 0)
        return 0;
    return errno == ENOENT ? -EOPNOTSUPP : -errno;
}

int file_create(struct mapping *mapping, const struct path *path, const struct shape *shape,
                const struct file_rights *rights)
{
    int error = geometry_compute(&mapping->segment.geometry, shape);

    if (error == 0)
        error = file_make_nameless(mapping, path, rights);
    if (error < 0)
        return error;
    error = file_give_name(mapping, path->file);
    if (error < 0)
        mapping_close(mapping);
    else
        name_lock_prepare(path, mapping->segment.fd);
    return error;
}
