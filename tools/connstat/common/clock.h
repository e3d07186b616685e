/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_CLOCK_H
#define TOOLS_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The time of day in nanoseconds since the epoch, as the library tells times. */
static inline int64_t clock_now_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME);
}

/* For durations within this process: this clock never jumps. */
static inline int64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

/* For leases and deadlines: this clock goes on while the machine is suspended. */
static inline int64_t clock_ms(void)
{
    return clock_read_ns(CLOCK_BOOTTIME) / 1000000;
}

#endif
