/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The floor: what the least conceivable work costs. Each seat has a shard of its own, so nothing
 * is contended and no instruction is locked; release stores publish an entry to readers. It is no
 * tracker: a dead worker's entries stay for ever, and a reader can see a torn one.
 */
#include "crew.h"
#include "loop.h"
#include "slots.h"

#include <stdlib.h>

struct shard {
    _Atomic uint64_t opened, closed;
    uint32_t free;
    uint32_t owner;
    uint64_t capacity;
} __attribute__((aligned(128)));

struct floor_table {
    unsigned seats;
    uint64_t capacity; /* of a shard */
    uint64_t bytes;
    struct shard *shards;
    struct slot *slots; /* the shards' one after another */
};

struct floor_session {
    const struct floor_table *table;
    struct shard *shard;
    struct slot *slots;
};

static void *floor_create(const struct peer_shape *shape)
{
    struct floor_table *table = malloc(sizeof(*table));
    if (table == NULL)
        bench_fail("no memory");
    table->seats = peer_seats(shape);
    table->capacity = peer_capacity(shape) / table->seats + 1;
    uint64_t head = table->seats * sizeof(struct shard);
    table->bytes = head + table->seats * table->capacity * sizeof(struct slot);
    table->shards = shared_alloc(table->bytes);
    table->slots = (void *)((char *)table->shards + head);
    return table;
}

static void *floor_attach(void *arg, unsigned seat)
{
    const struct floor_table *table = arg;
    struct floor_session *session = malloc(sizeof(*session));
    if (session == NULL)
        bench_fail("no memory");
    session->table = table;
    session->shard = &table->shards[seat];
    session->slots = &table->slots[seat * table->capacity];
    session->shard->owner = seat;
    session->shard->free = 0;
    slots_link(session->slots, table->capacity);
    return session;
}

static inline void step(_Atomic uint64_t *own)
{
    atomic_store_explicit(own, atomic_load_explicit(own, memory_order_relaxed) + 1,
                          memory_order_release);
}

static inline uint64_t floor_add(void *arg, const struct record *record)
{
    struct floor_session *session = arg;
    uint32_t index = session->shard->free;
    struct slot *slot = &session->slots[index];
    session->shard->free = slot_next(slot);
    slot_fill(slot, session->shard->owner, record);
    atomic_store_explicit(&slot->state, SLOT_LIVE, memory_order_release);
    step(&session->shard->opened);
    return index;
}

static inline void floor_remove(void *arg, uint64_t id)
{
    struct floor_session *session = arg;
    struct slot *slot = &session->slots[id];
    atomic_store_explicit(&slot->state, SLOT_FREE, memory_order_release);
    slot_set_next(slot, session->shard->free);
    session->shard->free = (uint32_t)id;
    step(&session->shard->closed);
}

static void floor_fill(void *session, struct churn *churn)
{
    churn_fill(session, churn, floor_add);
}

static void floor_pairs(void *session, struct churn *churn, unsigned count)
{
    churn_pairs(session, churn, count, floor_add, floor_remove);
}

static uint64_t floor_counts(void *arg)
{
    const struct floor_session *session = arg;
    uint64_t sum = 0;
    for (unsigned s = 0; s < session->table->seats; s++) {
        struct shard *shard = &session->table->shards[s];
        sum += atomic_load_explicit(&shard->opened, memory_order_acquire) -
               atomic_load_explicit(&shard->closed, memory_order_acquire);
    }
    return sum;
}

static void floor_destroy(void *arg)
{
    struct floor_table *table = arg;
    shared_free(table->shards, table->bytes);
    free(table);
}

const struct peer peer_floor = {
    .name = "floor",
    .summary = "private shards, release stores, no safety: the least conceivable work",
    .chunk = 1024,
    .create = floor_create,
    .attach = floor_attach,
    .fill = floor_fill,
    .pairs = floor_pairs,
    .counts = floor_counts,
    .detach = free,
    .destroy = floor_destroy,
};
