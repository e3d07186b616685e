/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How writing to standard output may end: a full disk is an error, a reader that has seen enough
 * (as head) is not.
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include <stdbool.h>

/* Call it before anything is printed; only one thread may print. From then on a closed pipe makes a
 * write fail instead of killing the process; output_restore_signals undoes that before another
 * program is run. */
void output_start(void);
void output_restore_signals(void);

/* Whether writing has failed, so that nothing more need be printed. Ask after each row. */
bool output_failed(void);

/* The same, after a flush: for commands that print and then wait. */
bool output_flush(void);

/* Sleep. False: the reader of standard output has gone meanwhile. */
bool output_wait(double seconds);

/* Flush standard output and, unless the reader just closed the pipe, print why writing failed.
 * Returns status; or STATUS_RUNTIME where status is STATUS_OK and output was lost. */
int output_end(int status);

#endif
