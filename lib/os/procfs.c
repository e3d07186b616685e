/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/procfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ssize_t procfs_read(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t have = 0;
    ssize_t got = 0;

    if (fd < 0)
        return -errno;
    while (have < size - 1) {
        got = read(fd, buf + have, size - 1 - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    got = got < 0 ? -errno : 0;
    close(fd);
    buf[have] = '\0';
    return got < 0 ? got : (ssize_t)have;
}

int procfs_stat(uint32_t pid, uint32_t tid, struct proc_stat *stat)
{
    char path[64], text[1024];
    uint64_t field[53] = {0};
    ssize_t length;
    char *at;

    if (tid == 0)
        snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
    else
        snprintf(path, sizeof(path), "/proc/%" PRIu32 "/task/%" PRIu32 "/stat", pid, tid);
    length = procfs_read(path, text, sizeof(text));
    if (length < 0)
        return length == -ESRCH ? -ENOENT : (int)length;
    /* The name may hold anything, parentheses too: the last one ends it. */
    at = strrchr(text, ')');
    if (at == NULL || at[1] != ' ' || at[2] == '\0')
        return -EIO;
    stat->state = at[2];
    at += 3;
    for (int i = 4; i < 53 && at != NULL && *at == ' '; i++)
        field[i] = strtoull(at + 1, &at, 10);
    stat->threads = (uint32_t)field[20];
    stat->start_time = field[22];
    stat->start_code = field[26];
    stat->end_code = field[27];
    stat->start_stack = field[28];
    stat->exit_code = (uint32_t)field[52];
    return 0;
}
