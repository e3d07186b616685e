/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The few facts of proc(5) that tell one process from another.
 */
#ifndef LIB_PROCFS_H
#define LIB_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
    char state;
    uint32_t threads;
    uint64_t start_time;                        /* ticks since boot */
    uint64_t start_code, end_code, start_stack; /* all 0 where they are not told */
    uint32_t exit_code;                         /* as of wait(2); 0 where it is not told */
};

/* /proc/PID/stat, or /proc/PID/task/TID/stat with tid not 0. Returns 0, -ENOENT gone, other. */
int procfs_stat(uint32_t pid, uint32_t tid, struct proc_stat *stat);

/* Whole file into buf, terminated. Returns bytes or a negative errno. */
ssize_t procfs_read(const char *path, char *buf, size_t size);

#endif
