/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/usage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alerts/procstat.h"

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
    struct procstat stat;
    uint64_t pages;
    if (!procstat_read(pid, tid, &stat))
        return false;
    snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    if (!read_file(path, text, sizeof(text)) || !top_usage_parse_statm(text, &pages))
        return false;
    *cpu_ns = stat.ticks * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
    *memory_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return true;
}
