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
connstat_t *segment_make_for(uint32_t capacity, uint32_t max_workers); /* 0: the usual */

/* Closes it and removes its name. */
void segment_drop(connstat_t *cs);

_Noreturn void must_have(int result, const char *call);

/* Ends the program with a message when a call of the library failed. Inline: it stands in loops
 * that are measured. */
static inline void must(int result, const char *call)
{
    if (__builtin_expect(result < 0, 0))
        must_have(result, call);
}

#endif
