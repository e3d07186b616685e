/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Four who have joined, by record_join: what a record says of each follows from its pid.
 */
#ifndef WEAK_MEMBERS_H
#define WEAK_MEMBERS_H

#include "world.h"

#include "records/shard.h"

extern uint64_t members_words[WORKERS];

/* Pids 100 to 103; the first two have two entries open each. */
void members_make(void);

bool members_join(uint32_t pid, uint32_t *index, uint64_t *word);

/* Waits for a while that somebody leaves, but learns nothing from that. */
bool members_join_soon(uint32_t pid, uint32_t *index, uint64_t *word);

/* The counters of a record's first thread. */
struct shard_type *members_counters(uint32_t record);

void members_leave(uint32_t record);

/* The thread body of several scenarios: record 0 leaves. */
void members_leave_0(void);

/* One joins, and opens an entry. */
void members_join_200(void);

#endif
