/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A directory of the bench's own in memory, where segments and the files of peers live. It goes
 * when the program ends, also by an interrupt.
 */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdbool.h>
#include <sys/types.h>

/* Makes it, points CONNSTAT_DIR to it, and lets SIGINT and SIGTERM end waits (interrupted). */
void scratch_make(void);
const char *scratch_path(void);

bool interrupted(void);

/* fork, with a child that dies with its parent. */
pid_t fork_helper(void);

#endif
