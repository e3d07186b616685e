/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What all benches need: clocks, cores, medians, and a way out.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* Of this thread: what other programs take from its core does not count. */
static inline uint64_t cpu_ns(void)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

unsigned cores(void);         /* that this process may use */
void pin_to_core(unsigned n); /* the n-th of them, modulo their number */

/* One number a repetition, so that two things measured in turn can be compared turn by turn. */
enum { SAMPLES_MAX = 1000 };
struct samples {
    double values[SAMPLES_MAX];
    size_t count;
};

void samples_add(struct samples *samples, double value);
double samples_median(const struct samples *samples);
double samples_spread(const struct samples *samples);
/* Of a / b, repetition by repetition. */
void samples_ratio(const struct samples *a, const struct samples *b, struct samples *ratio);
void samples_print(const char *name, const struct samples *samples); /* "name": [..] */

#endif
