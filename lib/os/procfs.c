/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/procfs.h"

#include "os/descriptor.h"
#include "os/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t procfs_read(const char *path, char *buf, size_t size)
{
    int fd = descriptor_raise(open(path, O_RDONLY | O_CLOEXEC));
    size_t have = 0;
    ssize_t got = 0;

    if (fd < 0)
        return fd;
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

uint64_t procfs_labelled(const char *text, const char *label)
{
    size_t length = strlen(label);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, label, length) == 0)
            return strtoull(line + length, NULL, 10);
    }
    return 0;
}

bool procfs_is_ours(void)
{
    char number[32];
    ssize_t length = readlink("/proc/self", number, sizeof(number) - 1);

    if (length <= 0)
        return false;
    number[length] = '\0';
    return strtol(number, NULL, 10) == getpid();
}

/* ---- the clock ------------------------------------------------------------------------------ */

#define FIRST_TIME_NAMESPACE UINT64_C(0xEFFFFFFA) /* PROC_TIME_INIT_INO of linux/proc_ns.h */

/* By how many ticks the start times that we read are ahead, because we are in a time namespace.
 * False: it cannot be told. */
static bool clock_shift(int64_t *ticks)
{
    char text[256];
    const char *boottime;
    struct stat own, children;
    long long seconds, ns, tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);

    *ticks = 0;
    if (stat("/proc/self/ns/time", &own) < 0)
        return errno == ENOENT; /* a kernel without */
    if (own.st_ino == FIRST_TIME_NAMESPACE)
        return true;
    /* The offsets shown are those of the children to come. */
    if (stat("/proc/self/ns/time_for_children", &children) < 0 || children.st_ino != own.st_ino ||
        procfs_read("/proc/self/timens_offsets", text, sizeof(text)) < 0)
        return false;
    boottime = strstr(text, "boottime");
    if (boottime == NULL || sscanf(boottime, "boottime %lld %lld", &seconds, &ns) != 2 ||
        ns % tick_ns != 0)
        return false;
    *ticks = seconds * (1000000000 / tick_ns) + ns / tick_ns;
    return true;
}

static uint64_t start_time_of(uint64_t shown)
{
    int64_t shift;

    return shown != 0 && clock_shift(&shift) ? shown - (uint64_t)shift : 0;
}

/* ---- stat ----------------------------------------------------------------------------------- */

static int read_stat(const char *path, struct proc_stat *stat)
{
    char text[1024];
    uint64_t field[53] = {0};
    ssize_t length;
    char *at;

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
    stat->start_time = start_time_of(field[22]);
    stat->start_code = field[26];
    stat->end_code = field[27];
    stat->start_stack = field[28];
    stat->exit_code = (uint32_t)field[52];
    return 0;
}

int procfs_stat(uint32_t pid, uint32_t tid, struct proc_stat *stat)
{
    char path[64];

    if (!procfs_is_ours())
        return -ENOTSUP;
    if (tid == 0)
        snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
    else
        snprintf(path, sizeof(path), "/proc/%" PRIu32 "/task/%" PRIu32 "/stat", pid, tid);
    return read_stat(path, stat);
}

int procfs_stat_self(bool thread, struct proc_stat *stat)
{
    return read_stat(thread ? "/proc/thread-self/stat" : "/proc/self/stat", stat);
}

/* ---- which start of the machine -------------------------------------------------------------- */

int procfs_boot_id(uint8_t boot_id[16])
{
    char text[64] = "";
    unsigned digits = 0;
    ssize_t length = procfs_read("/proc/sys/kernel/random/boot_id", text, sizeof(text));

    memset(boot_id, 0, 16);
    if (descriptor_is_scarce((int)length))
        return (int)length;
    for (const char *at = text; *at != '\0' && digits < 32; at++)
        if (hex_digit(*at) >= 0) {
            boot_id[digits / 2] = (uint8_t)(boot_id[digits / 2] << 4 | hex_digit(*at));
            digits++;
        }
    return 0;
}

int procfs_same_boot(const uint8_t boot_id[16], bool *same)
{
    static const uint8_t unknown[16];
    uint8_t now[16];
    int error = procfs_boot_id(now);

    if (error < 0)
        return error;
    *same = memcmp(boot_id, now, 16) == 0 || memcmp(boot_id, unknown, 16) == 0 ||
            memcmp(now, unknown, 16) == 0;
    return 0;
}
