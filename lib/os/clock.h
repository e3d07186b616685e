/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The clocks that the library reads, in nanoseconds.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The time since the epoch. */
static inline int64_t clock_now_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME);
}

/* The time since the epoch, up to about 4 ms old; reading it takes a third of the time. */
static inline int64_t clock_coarse_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME_COARSE);
}

/* The time since some moment of this boot. Nobody can set this clock; it stands still while the
 * machine is suspended. */
static inline int64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

/* The time since this boot, suspended time included. All processes of the machine read the same. */
static inline int64_t clock_boot_ns(void)
{
    return clock_read_ns(CLOCK_BOOTTIME);
}

#endif
