/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A table of connections in shared memory that is guarded by one lock, whichever it is.
 */
#ifndef LOCKED_H
#define LOCKED_H

#include "crew.h"
#include "slots.h"

#include <sys/types.h>
#include <unistd.h>

struct locked_table {
    uint64_t counts[PEER_TYPES];
    uint64_t capacity;
    uint32_t free;
    struct slot slots[];
};

static inline uint64_t locked_table_bytes(const struct peer_shape *shape)
{
    return sizeof(struct locked_table) + peer_capacity(shape) * sizeof(struct slot);
}

static inline void locked_table_init(struct locked_table *table, const struct peer_shape *shape)
{
    table->capacity = peer_capacity(shape);
    slots_link(table->slots, table->capacity);
}

/* The rest needs the lock. */

static inline uint64_t locked_table_add(struct locked_table *table, uint32_t owner,
                                        const struct record *record)
{
    uint32_t index = table->free;
    struct slot *slot = &table->slots[index];
    table->free = slot_next(slot);
    slot_fill(slot, owner, record);
    atomic_store_explicit(&slot->state, SLOT_LIVE, memory_order_relaxed);
    table->counts[0]++;
    return index;
}

static inline void locked_table_remove(struct locked_table *table, uint64_t id)
{
    struct slot *slot = &table->slots[id];
    atomic_store_explicit(&slot->state, SLOT_FREE, memory_order_relaxed);
    slot_set_next(slot, table->free);
    table->free = (uint32_t)id;
    table->counts[0]--;
}

static inline uint64_t locked_table_counts(const struct locked_table *table)
{
    uint64_t sum = 0;
    for (int i = 0; i < PEER_TYPES; i++)
        sum += table->counts[i];
    return sum;
}

#endif
