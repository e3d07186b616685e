/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/procfs.h"

static void read_memory(pid_t pid, struct usage *usage)
{
    char path[64], text[4096];

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
    if (procfs_read(path, text, sizeof(text)) < 0)
        return;
    usage->pss_bytes = procfs_labelled(text, "Pss:") * 1024;
    usage->private_bytes =
        (procfs_labelled(text, "Private_Clean:") + procfs_labelled(text, "Private_Dirty:") +
         procfs_labelled(text, "Private_Hugetlb:")) *
        1024;
}

static uint64_t count_fds(pid_t pid)
{
    const struct dirent *entry;
    char path[64];
    uint64_t count = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "/proc/%d/fd", pid);
    dir = opendir(path);
    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static uint64_t read_fd_limit(pid_t pid)
{
    char path[64], text[4096];

    snprintf(path, sizeof(path), "/proc/%d/limits", pid);
    return procfs_read(path, text, sizeof(text)) < 0 ? 0 : procfs_labelled(text, "Max open files");
}

bool usage_is_told(pid_t pid)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0 || errno == ESRCH;
}

void usage_read(pid_t pid, struct usage *usage)
{
    *usage = (struct usage){0};
    read_memory(pid, usage);
    usage->open_fds = count_fds(pid);
    usage->max_fds = read_fd_limit(pid);
}
