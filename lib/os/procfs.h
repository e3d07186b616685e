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

/* Reads the facts about another process; about one of its threads if tid is not 0. Returns 0; -ENOENT: it is
 * gone; -ENOTSUP: this /proc is not that of our pid namespace; or another negative errno. */
int procfs_stat(uint32_t pid, uint32_t tid, struct proc_stat *stat);

/* Reads the facts about the calling process or thread, whichever pid namespace /proc belongs to. */
int procfs_stat_self(bool thread, struct proc_stat *stat);

/* Does /proc belong to our pid namespace? It does if it shows this process under the number by which this
 * process knows itself. */
bool procfs_is_ours(void);

/* Whole file into buf, terminated. Returns bytes or a negative errno. */
ssize_t procfs_read(const char *path, char *buf, size_t size);

/* The number after a label at the beginning of a line of text; 0 if there is no such line. */
uint64_t procfs_labelled(const char *text, const char *label);

/* Reads the number that the kernel has given to this boot. (Whoever is named in a file that an earlier boot
 * has left is dead.) All zero: /proc does not tell. Returns 0; or -EMFILE, -ENFILE or -ENOMEM, which may
 * pass. */
int procfs_boot_id(uint8_t boot_id[16]);

/* Is this the number of the present boot? *same is true also where one of the two is unknown. Returns what
 * procfs_boot_id returns. */
int procfs_same_boot(const uint8_t boot_id[16], bool *same);

#endif
