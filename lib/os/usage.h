/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a process takes of memory and descriptors, as proc(5) tells.
 */
#ifndef LIB_USAGE_H
#define LIB_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct usage {
    uint64_t pss_bytes;     /* its memory, shared pages by their share */
    uint64_t private_bytes; /* its memory that nobody shares           */
    uint64_t open_fds, max_fds;
};

/* False: /proc refuses. True also for a process that is gone. */
bool usage_is_told(pid_t pid);

/* What /proc does not tell (another user's process, a process gone) stays 0. */
void usage_read(pid_t pid, struct usage *usage);

#endif
