/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The clocks, in ns.
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

/* Since the epoch. */
static inline int64_t clock_now_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME);
}

/* Since the epoch, in steps of about 4 ms, for a third of the price. */
static inline int64_t clock_coarse_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME_COARSE);
}

/* Since some moment of this boot; no one sets it, and it stands still in suspend. */
static inline int64_t clock_monotonic_ns(void)
{
    return clock_read_ns(CLOCK_MONOTONIC);
}

/* Since this boot, suspend included: the same for all processes of the machine. */
static inline int64_t clock_boot_ns(void)
{
    return clock_read_ns(CLOCK_BOOTTIME);
}

#endif
