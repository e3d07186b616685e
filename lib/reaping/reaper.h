/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The reaper thread of an attachment.
 */
#ifndef LIB_REAPER_H
#define LIB_REAPER_H

#include "process/attachment.h"

bool reaper_runs(struct attachment *a);

/* Stop it, if one runs, and wait for its end. Without the process lock. */
void reaper_end(struct attachment *a);

/* With the lock, in a child: the thread is the parent's. */
void reaper_after_fork(struct attachment *a);

#endif
