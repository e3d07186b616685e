/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The inode of a file below /proc/PID; who 0 is the caller. False: it cannot be seen. */
static bool identify(pid_t who, const char *file, ino_t *inode)
{
    char path[64];
    struct stat status;
    if (who == 0)
        snprintf(path, sizeof(path), "/proc/self/%s", file);
    else
        snprintf(path, sizeof(path), "/proc/%d/%s", who, file);
    if (stat(path, &status) < 0)
        return false;
    *inode = status.st_ino;
    return true;
}

/* ns/net is the namespace itself, and shows what may be traced. All may look at net/dev, whose
 * inode the kernel makes once for each network namespace. */
enum netns_place netns_of(pid_t pid)
{
    static const char *const files[] = {"ns/net", "net/dev"};
    for (int i = 0; i < 2; i++) {
        ino_t theirs, ours;
        if (identify(pid, files[i], &theirs) && identify(0, files[i], &ours))
            return theirs == ours ? NETNS_HERE : NETNS_ELSEWHERE;
    }
    return NETNS_UNKNOWN;
}

int netns_enter(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
    close(fd);
    return error;
}
