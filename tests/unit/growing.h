/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tables that grow, for the tests of growing and of those who know fewer slots than there are. Each
 * entry has a number as its metadata.
 */
#ifndef UNIT_GROWING_H
#define UNIT_GROWING_H

#include "harness.h"

enum { FEW = 64, MANY = 20000, MAXIMUM = 50000, ONE_KEY = 3 };

/* Two types, of which the first grows from capacity to maximum. */
struct connstat_config growing(uint32_t capacity, uint32_t maximum);
connstat_t *create_growing(uint32_t capacity, uint32_t maximum);

/* Registers entries of these numbers, and keeps their ids by number. */
void add(connstat_t *cs, int64_t from, int64_t to, connstat_id *ids);

/* Each number below count once: nothing is missing, torn or there twice. */
void check_numbers(connstat_t *cs, int64_t count);

/* connstat_check finds nothing. */
void check_clean(connstat_t *cs);

#endif
