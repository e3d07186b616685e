/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_file(const char *path, char *buf, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, buf, size - 1);
    close(fd);
    if (length <= 0)
        return false;
    buf[length] = '\0';
    return true;
}

bool top_usage_parse_stat(const char *text, uint64_t *ticks)
{
    /* The program's name may hold blanks and parentheses: the last one ends it. */
    const char *after_name = strrchr(text, ')');
    unsigned long long user, system;
    if (!after_name ||
        sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
               &system) != 2)
        return false;
    *ticks = user + system;
    return true;
}

bool top_usage_parse_statm(const char *text, uint64_t *pages)
{
    unsigned long long resident, shared;
    if (sscanf(text, "%*u %llu %llu", &resident, &shared) != 2)
        return false;
    *pages = resident > shared ? resident - shared : 0;
    return true;
}

bool top_usage(pid_t pid, pid_t tid, uint64_t *cpu_ns, uint64_t *memory_bytes)
{
    char path[64], text[1024];
    uint64_t ticks, pages;
    if (tid > 0)
        snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
    else
        snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    if (!read_file(path, text, sizeof(text)) || !top_usage_parse_stat(text, &ticks))
        return false;
    snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    if (!read_file(path, text, sizeof(text)) || !top_usage_parse_statm(text, &pages))
        return false;
    *cpu_ns = ticks * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
    *memory_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}
