/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A clock for single calls, finer and cheaper than clock_gettime where the processor has one, and
 * a histogram of what it measures.
 */
#ifndef TICKS_H
#define TICKS_H

#include <stdint.h>

#if defined(__x86_64__)
/* Nothing before it is still running, nothing after it has begun. */
static inline uint64_t ticks_begin(void)
{
    __builtin_ia32_lfence();
    return __builtin_ia32_rdtsc();
}

static inline uint64_t ticks_end(void)
{
    unsigned core;
    uint64_t ticks = __builtin_ia32_rdtscp(&core);
    __builtin_ia32_lfence();
    return ticks;
}
#else
#include "measure.h"

static inline uint64_t ticks_begin(void)
{
    return now_ns();
}

static inline uint64_t ticks_end(void)
{
    return now_ns();
}
#endif

double ticks_per_ns(void); /* measured once, over some milliseconds */

/* Buckets of equal relative width: 64 to a power of two, so 1.6 % at most. */
enum { HISTOGRAM_STEPS = 64, HISTOGRAM_BUCKETS = 40 * HISTOGRAM_STEPS };

struct histogram {
    uint64_t count, max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t ticks);
void histogram_merge(struct histogram *into, const struct histogram *from);
uint64_t histogram_quantile(const struct histogram *histogram, double share); /* in ticks */

#endif
