/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A table under one spin lock, as nginx's shared zones have it: try, spin a while, then yield.
 * A worker killed while it holds the lock stops all others for ever.
 */
#include "locked.h"
#include "loop.h"

#include <sched.h>
#include <stdlib.h>

enum { SPINS_BEFORE_YIELD = 2048 };

struct spin_table {
    _Atomic uint32_t lock; /* 0, or the pid that holds it */
    uint64_t bytes;
    struct locked_table table __attribute__((aligned(128)));
};

struct spin_session {
    struct spin_table *shared;
    uint32_t owner;
};

static void *spin_create(const struct peer_shape *shape)
{
    uint64_t bytes = offsetof(struct spin_table, table) + locked_table_bytes(shape);
    struct spin_table *shared = shared_alloc(bytes);
    shared->bytes = bytes;
    locked_table_init(&shared->table, shape);
    return shared;
}

static void *spin_attach(void *table, unsigned seat)
{
    (void)seat;
    struct spin_session *session = malloc(sizeof(*session));
    if (session == NULL)
        bench_fail("no memory");
    *session = (struct spin_session){table, (uint32_t)getpid()};
    return session;
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static inline struct locked_table *lock(struct spin_session *session)
{
    _Atomic uint32_t *word = &session->shared->lock;
    for (unsigned spins = 0;;) {
        uint32_t none = 0;
        if (atomic_load_explicit(word, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong_explicit(word, &none, session->owner,
                                                    memory_order_acquire, memory_order_relaxed))
            return &session->shared->table;
        if (++spins % SPINS_BEFORE_YIELD == 0)
            sched_yield();
        else
            cpu_relax();
    }
}

static inline void unlock(struct spin_session *session)
{
    atomic_store_explicit(&session->shared->lock, 0, memory_order_release);
}

static inline uint64_t spin_add(void *arg, const struct record *record)
{
    struct spin_session *session = arg;
    uint64_t id = locked_table_add(lock(session), session->owner, record);
    unlock(session);
    return id;
}

static inline void spin_remove(void *arg, uint64_t id)
{
    struct spin_session *session = arg;
    locked_table_remove(lock(session), id);
    unlock(session);
}

static void spin_fill(void *session, struct churn *churn)
{
    churn_fill(session, churn, spin_add);
}

static void spin_pairs(void *session, struct churn *churn, unsigned count)
{
    churn_pairs(session, churn, count, spin_add, spin_remove);
}

static uint64_t spin_counts(void *arg)
{
    struct spin_session *session = arg;
    uint64_t sum = locked_table_counts(lock(session));
    unlock(session);
    return sum;
}

static void spin_destroy(void *table)
{
    struct spin_table *shared = table;
    shared_free(shared, shared->bytes);
}

const struct peer peer_spin = {
    .name = "spin",
    .summary = "a table under one spin lock",
    .chunk = 1024,
    .create = spin_create,
    .attach = spin_attach,
    .fill = spin_fill,
    .pairs = spin_pairs,
    .counts = spin_counts,
    .detach = free,
    .destroy = spin_destroy,
};
