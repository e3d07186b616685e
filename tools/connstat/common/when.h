/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Durations and times as people write them.
 */
#ifndef TOOLS_WHEN_H
#define TOOLS_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* Read a duration: "90", "1.5s", "300ms", "10min", "1h30m", "1h 30m", "2w". The units are w d h m s
 * ms us, the largest first; without one it is seconds. False: it is none. */
bool when_seconds(const char *text, double *seconds);

/* The same. *step is one of the last unit, or of its last decimal: the text stands for *seconds and
 * all up to *seconds + *step, that excluded. */
bool when_span(const char *text, double *seconds, double *step);

/* Read a time: "2026-11-22", "2026-11-22 14:03", with seconds and up to 9 decimals of them, T
 * instead of the blank; in local time, or with Z or +01:00 at the end; or nanoseconds since the
 * epoch. The text stands for all times from *from_ns up to *to_ns, that excluded. False: it is
 * none. */
bool when_time(const char *text, int64_t *from_ns, int64_t *to_ns);

#endif
