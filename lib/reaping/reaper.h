/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The reaper thread of an attachment.
 */
#ifndef LIB_REAPER_H
#define LIB_REAPER_H

#include "process/attachment.h"

/* Start it, unless it runs. Returns 0 or a negative errno; -ENOTCONN: the last handle was closed.
 */
int reaper_start(struct attachment *a);

bool reaper_runs(struct attachment *a);

/* A descriptor for a loop of the host's own: readable when somebody died, or when it is time to
 * look for new workers. Or a negative errno. */
int reaper_fd(struct attachment *a);

/* Stop it, if one runs, and wait for its end. Without the process lock. */
void reaper_end(struct attachment *a);

/* With the lock, in a child: the thread is the parent's. */
void reaper_after_fork(struct attachment *a);

#endif
