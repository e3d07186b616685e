/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The thread that reaps for an attachment; it waits for news (watch/wake.h), and makes a pass.
 */
#ifndef LIB_REAPER_H
#define LIB_REAPER_H

#include "process/attachment.h"

/* Start it, unless it runs. Returns 0 or a negative errno; -ENOTCONN: the last handle was closed.
 */
int reaper_start(struct attachment *a);

bool reaper_runs(struct attachment *a);

/* Returns a descriptor for a loop of the host's own, which is readable when it is time to reap:
 * somebody died, joined, or became another program. Or a negative errno. */
int reaper_fd(struct attachment *a);

/* Stops the thread, if it runs, and waits for its end. Called without the process lock. */
void reaper_end(struct attachment *a);

/* Called in a child, with the process lock held: the thread exists in the parent only. */
void reaper_after_fork(struct attachment *a);

#endif
