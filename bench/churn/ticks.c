/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "ticks.h"

#include "measure.h"

double ticks_per_ns(void)
{
    static double rate;
    if (rate == 0) {
        uint64_t start_ns = now_ns(), start = ticks_begin();
        while (now_ns() - start_ns < 20000000)
            ;
        rate = (double)(ticks_end() - start) / (double)(now_ns() - start_ns);
    }
    return rate;
}

static unsigned bucket_of(uint64_t ticks)
{
    if (ticks < HISTOGRAM_STEPS)
        return (unsigned)ticks;
    unsigned power = 63u - (unsigned)__builtin_clzll(ticks); /* at least 6 */
    unsigned bucket =
        (power - 5) * HISTOGRAM_STEPS + (unsigned)(ticks >> (power - 6)) % HISTOGRAM_STEPS;
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static uint64_t bucket_ticks(unsigned bucket)
{
    if (bucket < HISTOGRAM_STEPS)
        return bucket;
    unsigned power = bucket / HISTOGRAM_STEPS + 5;
    return (uint64_t)(HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS) << (power - 6);
}

void histogram_add(struct histogram *histogram, uint64_t ticks)
{
    histogram->count++;
    histogram->buckets[bucket_of(ticks)]++;
    if (ticks > histogram->max)
        histogram->max = ticks;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    into->count += from->count;
    if (from->max > into->max)
        into->max = from->max;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
}

uint64_t histogram_quantile(const struct histogram *histogram, double share)
{
    uint64_t below = 0, wanted = (uint64_t)(share * (double)histogram->count);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        below += histogram->buckets[i];
        if (below > wanted)
            return bucket_ticks(i);
    }
    return histogram->max;
}
