/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The metadata that every peer stores: the same bytes for each, made once.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <connstat.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Few enough to stay in the first-level cache beside what is measured. */
enum { WORKLOAD_RECORDS = 16, WORKLOAD_FIELDS = 3, WORKLOAD_MAX_BYTES = 96 };

struct record {
    uint8_t encoded[WORKLOAD_MAX_BYTES];
    size_t size; /* of encoded */
    struct connstat_field fields[WORKLOAD_FIELDS];
    size_t field_count;
};

struct workload {
    struct record records[WORKLOAD_RECORDS];
    char texts[WORKLOAD_RECORDS][2][WORKLOAD_MAX_BYTES];
};

/* Sizes that can be asked for: 0, and multiples of 16 from 48 to WORKLOAD_MAX_BYTES. */
bool workload_size_valid(size_t metadata_bytes);
void workload_make(struct workload *workload, size_t metadata_bytes);

/* xorshift64: a few cycles, and good enough to spread over a table. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    uint64_t x = *state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return ((x >> 32) * bound) >> 32;
}

#endif
