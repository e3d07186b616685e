/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Durations and times that people write.
 */
#ifndef TOOLS_WHEN_H
#define TOOLS_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* "90", "1.5s", "300ms", "10min", "1h30m", "1h 30m", "2w": units w d h m s ms, largest first;
 * without one, seconds. False: none of these. */
bool when_seconds(const char *text, double *seconds);

/* The same; step is what the last unit, or its last decimal, amounts to: what is written so is
 * at least *seconds and less than *seconds + *step. */
bool when_span(const char *text, double *seconds, double *step);

/* "2026-11-22", "2026-11-22 14:03", with seconds and up to 9 decimals of them, T for the blank; in
 * local time, or with Z or +01:00 at the end; or nanoseconds since the epoch. What is written so
 * is from *from_ns up to *to_ns, that excluded. */
bool when_time(const char *text, int64_t *from_ns, int64_t *to_ns);

#endif
