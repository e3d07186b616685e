/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/life_lock.h"

#include "os/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(const char *path, int flags, uint64_t device, uint64_t inode)
{
    int fd = descriptor_open(path, O_RDWR | O_NONBLOCK | flags, 0);
    struct stat st;

    if (fd < 0 || (fstat(fd, &st) == 0 && st.st_dev == device && st.st_ino == inode))
        return fd;
    close(fd);
    return -ESTALE;
}

int life_lock_open(int segment, const char *path, uint64_t device, uint64_t inode)
{
    char self[32];
    int fd;

    snprintf(self, sizeof(self), "/proc/self/fd/%d", segment);
    fd = open_file(self, 0, device, inode);
    return descriptor_is_scarce(fd) || fd >= 0 ? fd : open_file(path, O_NOFOLLOW, device, inode);
}

static struct flock byte_of(uint32_t record, short type)
{
    return (struct flock){
        .l_type = type,
        .l_whence = SEEK_SET,
        .l_start = (off_t)(LIFE_LOCK_START + record),
        .l_len = 1,
    };
}

int life_lock_take(int lock, uint32_t record)
{
    struct flock byte = byte_of(record, F_WRLCK);

    if (fcntl(lock, F_OFD_SETLK, &byte) == 0)
        return 0;
    return errno == EACCES ? -EAGAIN : -errno;
}

void life_lock_give(int lock, uint32_t record)
{
    struct flock byte = byte_of(record, F_UNLCK);

    (void)fcntl(lock, F_OFD_SETLK, &byte);
}

int life_lock_is_held(int segment, uint32_t record)
{
    struct flock byte = byte_of(record, F_WRLCK);

    if (fcntl(segment, F_OFD_GETLK, &byte) < 0)
        return -errno;
    return byte.l_type != F_UNLCK;
}
