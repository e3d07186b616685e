/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How much memory and how many descriptors a process uses, as proc(5) tells.
 */
#ifndef LIB_USAGE_H
#define LIB_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct usage {
    uint64_t pss_bytes;     /* its memory; of a page that n processes share, one n-th */
    uint64_t private_bytes; /* its memory that no other process shares */
    uint64_t open_fds, max_fds;
};

/* May we read these numbers of the process? True also for one that is gone. */
bool usage_is_told(pid_t pid);

/* Reads the numbers. Those that /proc does not tell are 0: of another user's process, or of one that
 * is gone. */
void usage_read(pid_t pid, struct usage *usage);

#endif
