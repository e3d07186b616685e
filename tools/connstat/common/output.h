/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Standard output's end: a full disk is an error, a reader that has seen enough is not.
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdbool.h>

/* Before anything is printed, which one thread does. From here on a closed pipe is an error of
 * writing, not a signal; output_restore_signals undoes it before another program is run. */
void output_start(void);
void output_restore_signals(void);

/* Writing has failed: stop producing. Look at it once a row. */
bool output_failed(void);

/* The same after a flush, for those who print and then wait. */
bool output_flush(void);

/* Flush the last, say what went wrong if it was more than a closed pipe. Returns status, or
 * STATUS_RUNTIME where status is STATUS_OK and output was lost. */
int output_end(int status);

#endif
