/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "measure.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bench_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

unsigned cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

void pin_to_core(unsigned n)
{
    static cpu_set_t allowed; /* as it was before the first pinning */
    cpu_set_t one;
    if (CPU_COUNT(&allowed) == 0 && sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return;
    unsigned left = n % (unsigned)CPU_COUNT(&allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || left-- > 0)
            continue;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        sched_setaffinity(0, sizeof(one), &one);
        return;
    }
}

void samples_add(struct samples *samples, double value)
{
    if (samples->count < SAMPLES_MAX)
        samples->values[samples->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value that a share of the samples lies below, between neighbours where it falls there. */
static double quantile(const double *sorted, size_t count, double share)
{
    double at = share * (double)(count - 1);
    size_t lower = (size_t)at;
    size_t upper = lower + 1 < count ? lower + 1 : lower;
    return sorted[lower] + (sorted[upper] - sorted[lower]) * (at - (double)lower);
}

static double sample_quantile(const struct samples *samples, double share)
{
    if (samples->count == 0)
        return 0;
    struct samples sorted = *samples;
    qsort(sorted.values, sorted.count, sizeof(sorted.values[0]), by_value);
    return quantile(sorted.values, sorted.count, share);
}

double samples_median(const struct samples *samples)
{
    return sample_quantile(samples, 0.5);
}

double samples_spread(const struct samples *samples)
{
    double middle = samples_median(samples);
    if (middle == 0)
        return 0;
    return (sample_quantile(samples, 0.75) - sample_quantile(samples, 0.25)) / middle;
}

void samples_ratio(const struct samples *a, const struct samples *b, struct samples *ratio)
{
    ratio->count = 0;
    for (size_t i = 0; i < a->count && i < b->count; i++)
        samples_add(ratio, a->values[i] / b->values[i]);
}

void samples_print(const char *name, const struct samples *samples)
{
    printf("\"%s\": [", name);
    for (size_t i = 0; i < samples->count; i++)
        printf("%s%.6g", i > 0 ? ", " : "", samples->values[i]);
    printf("]");
}
