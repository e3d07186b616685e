/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Between the parts of the weak machine: orders.c knows the accesses of the source, memory.c what
 * was stored and who may see what of it, machine.c the threads.
 */
#ifndef WEAK_INSIDE_H
#define WEAK_INSIDE_H

#include "machine.h"

enum { LOCATIONS = 4096 };

/* When, in the order of a location's values, which need not be the order in which they were stored:
 * one may be stored before others that its thread does not know of. */
typedef uint16_t moment;
struct view { /* of each location the oldest value that may still be seen */
    moment from[LOCATIONS];
};

/* What a thread sees. */
struct eyes {
    struct view now, acquired, released; /* acquired: at the next acquire fence. released: at the
                                          * last release fence */
    bool has_fenced;
};

/* ---- orders.c ------------------------------------------------------------------------------- */

int weak_order_of(const struct weak_site *site, int which);
const char *weak_plain_name(const char *file);

/* ---- memory.c ------------------------------------------------------------------------------- */

/* Forget the last round's values; eyes see what memory holds. latest: of 256 loads so many get the
 * last value. */
void memory_begin(uint32_t latest, struct eyes *eyes[], unsigned count);

uint64_t memory_load(struct eyes *eyes, const volatile void *at, size_t size, int order);
void memory_store(struct eyes *eyes, volatile void *at, size_t size, uint64_t value, int order);
uint64_t memory_change(struct eyes *eyes, volatile void *at, size_t size, enum weak_how how,
                       uint64_t value, int order);
bool memory_swap(struct eyes *eyes, volatile void *at, size_t size, uint64_t *seen, uint64_t value,
                 int success, int failure);
void memory_fence(struct eyes *eyes, int order);

/* Eyes see what others have seen. */
void memory_learn(struct eyes *eyes, const struct eyes *of);

/* Put the last values into memory, or the first ones again. */
void memory_write_back(bool last);

/* Without threads. */
uint64_t memory_peek(const volatile void *at, size_t size);
void memory_poke(volatile void *at, size_t size, uint64_t value);
uint64_t memory_changed(enum weak_how how, uint64_t old, uint64_t value);

#endif
