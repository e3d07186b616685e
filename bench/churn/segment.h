/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Segments for benches: nine types as by default, the first as large as asked.
 */
#ifndef SEGMENT_H
#define SEGMENT_H

#include <connstat.h>

/* Ends the program with a message on failure. Each call makes another segment. */
connstat_t *segment_make(uint32_t capacity);

/* Closes it and removes its name. */
void segment_drop(connstat_t *cs);

/* Ends the program with a message when a call of the library failed. */
void must(int result, const char *call);

#endif
