/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the peers in plain shared memory have in common: a slot with its metadata, filled in.
 */
#ifndef SLOTS_H
#define SLOTS_H

#include "measure.h"
#include "peer.h"

#include <stdatomic.h>
#include <string.h>

enum slot_state { SLOT_FREE, SLOT_LIVE };

struct slot {
    _Atomic uint32_t state;
    _Atomic uint32_t next; /* in the list of free ones */
    uint32_t size;
    uint32_t owner;
    int64_t started_at_ns;
    uint8_t metadata[WORKLOAD_MAX_BYTES];
    uint8_t pad[8]; /* whole cache lines: no two slots share one */
};
_Static_assert(sizeof(struct slot) == 128, "two cache lines");

enum { SLOT_NONE = UINT32_MAX };

static inline uint32_t slot_next(const struct slot *slot)
{
    return atomic_load_explicit(&slot->next, memory_order_relaxed);
}

static inline void slot_set_next(struct slot *slot, uint32_t next)
{
    atomic_store_explicit(&slot->next, next, memory_order_relaxed);
}

/* Every slot free, each leading to the one after it. */
static inline void slots_link(struct slot *slots, uint64_t capacity)
{
    for (uint32_t i = 0; i < capacity; i++)
        slot_set_next(&slots[i], i + 1 < capacity ? i + 1 : SLOT_NONE);
}

static inline void slot_fill(struct slot *slot, uint32_t owner, const struct record *record)
{
    slot->owner = owner;
    slot->started_at_ns = (int64_t)clock_ns(CLOCK_REALTIME_COARSE);
    slot->size = (uint32_t)record->size;
    memcpy(slot->metadata, record->encoded, record->size);
}

#endif
