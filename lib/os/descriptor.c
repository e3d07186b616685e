/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FIRST = 3 };

static bool low_ones_are_taken(void)
{
    for (int fd = 0; fd < FIRST; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            return false;
    return true;
}

/* Takes those numbers below FIRST that are free, with files that nobody can read or write. Returns how
 * many it took. */
static int fill_low_ones(int fillers[FIRST])
{
    int count = 0;

    while (count < FIRST) {
        int fd = open("/", O_PATH | O_CLOEXEC);

        if (fd >= FIRST)
            close(fd);
        if (fd < 0 || fd >= FIRST)
            break;
        fillers[count++] = fd;
    }
    return count;
}

int descriptor_open(const char *path, int flags, mode_t mode)
{
    int fillers[FIRST], count = 0, fd;

    if (!low_ones_are_taken())
        count = fill_low_ones(fillers);
    fd = open(path, flags | O_CLOEXEC, mode);
    fd = fd < 0 ? -errno : fd;
    while (count > 0)
        close(fillers[--count]);
    return fd >= 0 ? descriptor_raise(fd) : fd;
}

int descriptor_raise(int fd)
{
    int raised;

    if (fd < 0)
        return -errno;
    if (fd >= FIRST)
        return fd;
    raised = fcntl(fd, F_DUPFD_CLOEXEC, FIRST);
    /* EINVAL: RLIMIT_NOFILE allows no number so high */
    raised = raised < 0 ? (errno == EINVAL ? -EMFILE : -errno) : raised;
    close(fd);
    return raised;
}

bool descriptor_has_room(int fd, uint64_t bytes)
{
    struct statvfs now;

    /* A tmpfs without a limit has no blocks. */
    return fstatvfs(fd, &now) < 0 || now.f_blocks == 0 ||
           bytes <= (uint64_t)now.f_bfree * now.f_frsize;
}
