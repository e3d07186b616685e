/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Stands before the compiler's own <stdatomic.h> where the sources of shm/ are compiled for the
 * weak machine (../machine.h): each atomic access of theirs goes there. Each leaves a note in a
 * section of the program, so that all of them are known before one is made: the machine can make
 * any one of their orders weaker.
 */
#ifndef WEAK_STDATOMIC_H
#define WEAK_STDATOMIC_H

#include_next <stdatomic.h>

#include "machine.h"

#define WEAK_SITE(first, second)                                                                   \
    static struct weak_site weak_here __attribute__((section("weak_sites"), used,                  \
                                                     aligned(sizeof(void *)))) = {                 \
        __FILE__, __func__, __BASE_FILE__, __LINE__, __COUNTER__, {(int)(first), (int)(second)}}

#define WEAK_PLAIN(p) __typeof__(((void)0, *(p)))

#undef atomic_load_explicit
#define atomic_load_explicit(p, order)                                                             \
    __extension__({                                                                                \
        WEAK_SITE(order, memory_order_relaxed);                                                    \
        (WEAK_PLAIN(p)) weak_load((p), sizeof(*(p)), &weak_here);                                  \
    })

#undef atomic_store_explicit
#define atomic_store_explicit(p, value, order)                                                     \
    __extension__({                                                                                \
        WEAK_SITE(order, memory_order_relaxed);                                                    \
        weak_store((p), sizeof(*(p)), (uint64_t)(WEAK_PLAIN(p))(value), &weak_here);               \
    })

#define WEAK_CHANGE(p, how, value, order)                                                          \
    __extension__({                                                                                \
        WEAK_SITE(order, memory_order_relaxed);                                                    \
        (WEAK_PLAIN(p))                                                                            \
            weak_change((p), sizeof(*(p)), how, (uint64_t)(WEAK_PLAIN(p))(value), &weak_here);     \
    })

#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and_explicit
#undef atomic_exchange_explicit
#define atomic_fetch_add_explicit(p, value, order) WEAK_CHANGE(p, WEAK_ADD, value, order)
#define atomic_fetch_sub_explicit(p, value, order) WEAK_CHANGE(p, WEAK_SUB, value, order)
#define atomic_fetch_or_explicit(p, value, order)  WEAK_CHANGE(p, WEAK_OR, value, order)
#define atomic_fetch_and_explicit(p, value, order) WEAK_CHANGE(p, WEAK_AND, value, order)
#define atomic_exchange_explicit(p, value, order)  WEAK_CHANGE(p, WEAK_PUT, value, order)

#define WEAK_SWAP(p, expected, value, success, failure)                                            \
    __extension__({                                                                                \
        WEAK_SITE(success, failure);                                                               \
        __auto_type weak_expected = (expected);                                                    \
        uint64_t weak_seen = (uint64_t)*weak_expected;                                             \
        bool weak_done = weak_swap((p), sizeof(*(p)), &weak_seen,                                  \
                                   (uint64_t)(WEAK_PLAIN(p))(value), &weak_here);                  \
        *weak_expected = (WEAK_PLAIN(p))weak_seen;                                                 \
        weak_done;                                                                                 \
    })

#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#define atomic_compare_exchange_strong_explicit WEAK_SWAP
#define atomic_compare_exchange_weak_explicit   WEAK_SWAP

#undef atomic_thread_fence
#define atomic_thread_fence(order)                                                                 \
    __extension__({                                                                                \
        WEAK_SITE(order, memory_order_relaxed);                                                    \
        weak_fence(&weak_here);                                                                    \
    })

#endif
