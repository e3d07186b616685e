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
    uint64_t start_time; /* ticks since boot, in no time namespace; 0 unknown */
    uint64_t start_code, end_code, start_stack; /* all 0 where they are not told */
    uint32_t exit_code;                         /* as of wait(2); 0 where it is not told */
};

/* Of another process, or with tid not 0 of a thread of it. Returns 0; -ENOENT gone; -ENOTSUP this
 * /proc is not of our pid namespace; other. */
int procfs_stat(uint32_t pid, uint32_t tid, struct proc_stat *stat);

/* Of the calling process or thread, in whatever /proc there is. */
int procfs_stat_self(bool thread, struct proc_stat *stat);

/* Its numbers mean what they mean to us: it shows us under our own. */
bool procfs_is_ours(void);

/* Whole file into buf, terminated. Returns bytes or a negative errno. */
ssize_t procfs_read(const char *path, char *buf, size_t size);

/* The number after a label at the beginning of a line of text; 0 if there is no such line. */
uint64_t procfs_labelled(const char *text, const char *label);

/* Of this start of the machine: what an earlier one left in a file is nobody's. All zero: /proc does
 * not tell. Returns 0, or what is only so for the moment: -EMFILE, -ENFILE, -ENOMEM. */
int procfs_boot_id(uint8_t boot_id[16]);

/* Is it this boot's? True also where one of the two is unknown. Returns as procfs_boot_id. */
int procfs_same_boot(const uint8_t boot_id[16], bool *same);

#endif
