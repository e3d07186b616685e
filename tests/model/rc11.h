/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the programs of this folder share: short names for C11's atomics, the slot word, the record
 * word, and a main that runs a scenario once (for a model checker, which explores every execution
 * of it) or many times (natively, -DROUNDS=n: a smoke stress with real threads).
 */
#ifndef MODEL_RC11_H
#define MODEL_RC11_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef ROUNDS
#define ROUNDS 1
#endif

typedef _Atomic uint64_t word_t;

#define load_rlx(p)     atomic_load_explicit(p, memory_order_relaxed)
#define load_acq(p)     atomic_load_explicit(p, memory_order_acquire)
#define store_rlx(p, v) atomic_store_explicit(p, v, memory_order_relaxed)
#define store_rel(p, v) atomic_store_explicit(p, v, memory_order_release)
#define cas_with(p, expected, v, order)                                                            \
    atomic_compare_exchange_strong_explicit(p, expected, v, order, memory_order_relaxed)
#define cas(p, expected, v) cas_with(p, expected, v, memory_order_acq_rel)

/* Slot word: generation, whether it has a key, owner, state. */
enum { FREE, CLAIMED, PENDING, LIVE, ABORTED, RELEASING, PARKED, UPDATING };
#define WORD(state, owner, generation)                                                             \
    ((uint64_t)(generation) << 8 | (uint64_t)(owner) << 3 | (uint64_t)(state))
#define STATE(w)         ((int)((w)&7))
#define OWNER(w)         ((int)((w) >> 3 & 15))
#define KEYED            0x80ull
#define GENERATION(w)    ((w) >> 8)
#define BECOME(w, state) (((w) & ~7ull) | (uint64_t)(state))

/* Record word: incarnation, state. */
enum { R_FREE, R_JOINING, R_ALIVE, R_LEAVING, R_DEAD, R_BURIED };
#define RECORD(state, incarnation) ((uint64_t)(incarnation) << 3 | (uint64_t)(state))
#define R_STATE(r)                 ((int)((r)&7))

typedef void *(*thread_fn)(void *);

static inline void start(pthread_t *thread, thread_fn fn, int argument)
{
    pthread_create(thread, 0, fn, (void *)(intptr_t)argument);
}

static void scenario(void);

int main(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        scenario();
    }
    return 0;
}

#endif
