/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A lock-free free list (a Treiber stack with a tagged head) and shared counters: fast alone and
 * blocked by nobody, but every worker meets on the head, and a killed one's slots are lost.
 */
#include "crew.h"
#include "loop.h"
#include "slots.h"

#include <stdlib.h>
#include <unistd.h>

struct freelist_table {
    _Atomic uint64_t head; /* tag in the upper half, so that a head that came back is told apart */
    uint64_t bytes;
    _Atomic uint64_t counts[PEER_TYPES] __attribute__((aligned(128)));
    struct slot slots[] __attribute__((aligned(128)));
};

struct freelist_session {
    struct freelist_table *table;
    uint32_t owner;
};

static void *freelist_create(const struct peer_shape *shape)
{
    uint64_t capacity = peer_capacity(shape);
    uint64_t bytes = sizeof(struct freelist_table) + capacity * sizeof(struct slot);
    struct freelist_table *table = shared_alloc(bytes);
    table->bytes = bytes;
    slots_link(table->slots, capacity);
    return table;
}

static void *freelist_attach(void *table, unsigned seat)
{
    (void)seat;
    struct freelist_session *session = malloc(sizeof(*session));
    if (session == NULL)
        bench_fail("no memory");
    *session = (struct freelist_session){table, (uint32_t)getpid()};
    return session;
}

static inline uint64_t tagged(uint64_t old_head, uint32_t index)
{
    return ((old_head >> 32) + 1) << 32 | index;
}

static inline uint64_t freelist_add(void *arg, const struct record *record)
{
    struct freelist_session *session = arg;
    struct freelist_table *table = session->table;
    uint64_t head = atomic_load_explicit(&table->head, memory_order_acquire);
    while (!atomic_compare_exchange_weak_explicit(
        &table->head, &head, tagged(head, slot_next(&table->slots[(uint32_t)head])),
        memory_order_acquire, memory_order_acquire))
        ;
    struct slot *slot = &table->slots[(uint32_t)head];
    slot_fill(slot, session->owner, record);
    atomic_store_explicit(&slot->state, SLOT_LIVE, memory_order_release);
    atomic_fetch_add_explicit(&table->counts[0], 1, memory_order_relaxed);
    return (uint32_t)head;
}

static inline void freelist_remove(void *arg, uint64_t id)
{
    struct freelist_session *session = arg;
    struct freelist_table *table = session->table;
    struct slot *slot = &table->slots[id];
    atomic_store_explicit(&slot->state, SLOT_FREE, memory_order_relaxed);
    atomic_fetch_sub_explicit(&table->counts[0], 1, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&table->head, memory_order_relaxed);
    do
        slot_set_next(slot, (uint32_t)head);
    while (!atomic_compare_exchange_weak_explicit(&table->head, &head, tagged(head, (uint32_t)id),
                                                  memory_order_release, memory_order_relaxed));
}

static void freelist_fill(void *session, struct churn *churn)
{
    churn_fill(session, churn, freelist_add);
}

static void freelist_pairs(void *session, struct churn *churn, unsigned count)
{
    churn_pairs(session, churn, count, freelist_add, freelist_remove);
}

static uint64_t freelist_counts(void *arg)
{
    const struct freelist_session *session = arg;
    uint64_t sum = 0;
    for (int i = 0; i < PEER_TYPES; i++)
        sum += atomic_load_explicit(&session->table->counts[i], memory_order_relaxed);
    return sum;
}

static void freelist_destroy(void *arg)
{
    struct freelist_table *table = arg;
    shared_free(table, table->bytes);
}

const struct peer peer_freelist = {
    .name = "freelist",
    .summary = "a lock-free free list and shared counters",
    .chunk = 1024,
    .create = freelist_create,
    .attach = freelist_attach,
    .fill = freelist_fill,
    .pairs = freelist_pairs,
    .counts = freelist_counts,
    .detach = free,
    .destroy = freelist_destroy,
};
