/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "alerts/procstat.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum process_state state_of(char letter)
{
    switch (letter) {
    case 'R':
        return PROCESS_RUNNING;
    case 'S':
    case 'I':
        return PROCESS_SLEEPING;
    case 'D':
        return PROCESS_WAITING;
    case 'T':
        return PROCESS_STOPPED;
    case 't':
        return PROCESS_TRACED;
    case 'Z':
    case 'X':
        return PROCESS_ENDED;
    default:
        return PROCESS_UNKNOWN;
    }
}

bool procstat_parse(const char *text, struct procstat *stat)
{
    /* The program's name may hold blanks and parentheses: the last one ends it. */
    const char *after_name = strrchr(text, ')');
    unsigned long long user, system;
    char letter;
    if (!after_name ||
        sscanf(after_name + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &letter,
               &user, &system) != 3)
        return false;
    *stat = (struct procstat){state_of(letter), user + system};
    return true;
}

bool procstat_read(pid_t pid, pid_t tid, struct procstat *stat)
{
    char path[64], text[1024];
    if (tid > 0)
        snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
    else
        snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    return procstat_parse(text, stat);
}

bool procstat_is_ours(void)
{
    char number[32];
    ssize_t length = readlink("/proc/self", number, sizeof(number) - 1);
    if (length <= 0)
        return false;
    number[length] = '\0';
    return strtol(number, NULL, 10) == getpid();
}

const char *name_of_state(enum process_state state)
{
    static const char *const names[PROCESS_STATES] = {
        [PROCESS_RUNNING] = "running", [PROCESS_SLEEPING] = "sleeping",
        [PROCESS_WAITING] = "waiting", [PROCESS_STOPPED] = "stopped",
        [PROCESS_TRACED] = "traced",   [PROCESS_ENDED] = "ended",
    };
    return names[state];
}
