/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOP_USAGE_H
#define TOP_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a process, or with tid > 0 one thread of it, has used: processor time, and memory that it
 * shares with nobody (the segment is mapped by every worker, and none of theirs). False: /proc
 * does not tell, or no longer. */
bool top_usage(pid_t pid, pid_t tid, uint64_t *cpu_ns, uint64_t *memory_bytes);

/* The parser of what that file holds; for tests. */
bool top_usage_parse_statm(const char *text, uint64_t *pages);

#endif
