/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A small segment in this process's memory, for the scenarios: two types of few slots, four workers.
 */
#ifndef WEAK_WORLD_H
#define WEAK_WORLD_H

#include "machine.h"
#include "records/record.h"
#include "segment.h"
#include "slots/table.h"

enum { WORKERS = 4, METADATA_WORDS = 4 };

extern struct segment world;

/* All zero, but for its header: nobody has joined, the index of keys is there. */
void world_make(uint32_t capacity);

/* Record index is ALIVE, in its first incarnation; its word. */
uint64_t world_join(uint32_t index);

/* A joiner's hold where there are no life locks. */
extern const struct record_hold world_hold;

/* Let others go on for a while, of at most so many accesses: what they do takes long, and a thread
 * that looks is soon done. */
void world_wait(uint32_t most);

/* The content of an entry, from one number: stamp and metadata. Between claim and publish. */
void world_fill(uint32_t type, uint32_t slot, uint64_t number);

/* Is the copy of a slot whole, and what was filled with this number? */
bool world_is(const struct copy *copy, const uint64_t metadata[METADATA_WORDS], uint64_t number);

#endif
