/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A thread that is alone in its process takes an entry out by a store; another comes, takes the same
 * entry out, and registers in its slot. One of them has taken it out, and what the second registered
 * stands. lib/worker/seat.h (seat_empties_alone, seat_emptied), lib/worker/seat.c (end_solitude) and
 * lib/unregister.c are the code.
 *
 * membarrier(2) is an interruption: the newcomer asks, and waits until the thread that was alone has
 * passed a fence, between whichever two of its steps. The thread itself has none.
 */
#include "rc11.h"

#ifndef EMPTIED_ORDER
#define EMPTIED_ORDER memory_order_release
#endif

enum { FIRST = 0 };

static word_t slot, emptying, crowded, asked, answered;
static int taken_out[2];

static void answer(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    store_rel(&answered, 1);
}

/* Between two steps. */
static void interruption(void)
{
    if (load_acq(&asked) && !load_rlx(&answered))
        answer();
}

static void take_out(uint64_t live, bool alone)
{
    uint64_t seen = load_rlx(&slot);

    interruption();
    if (seen != live)
        return;
    if (alone) {
        store_rel(&slot, BECOME(live, PARKED));
        taken_out[0] = 1;
    } else {
        taken_out[0] = cas(&slot, &seen, BECOME(live, PARKED));
    }
}

static void *was_alone(void *argument)
{
    uint64_t live = WORD(LIVE, FIRST, 1);
    bool alone;

#ifdef WRONG_LOOK_FIRST
    alone = !load_rlx(&crowded);
    interruption();
    store_rlx(&emptying, 1);
#else
    store_rlx(&emptying, 1);
    interruption();
    alone = !load_rlx(&crowded);
#endif
    interruption();
    take_out(live, alone);
    interruption();
    atomic_store_explicit(&emptying, 0, EMPTIED_ORDER);
    answer(); /* whoever does something else passes a fence in the end */
    return argument;
}

static void *comes(void *argument)
{
    uint64_t live = WORD(LIVE, FIRST, 1), seen = live;

    store_rlx(&crowded, 1);
#ifndef WRONG_NO_BARRIER
    store_rel(&asked, 1);
    while (!load_acq(&answered))
        ;
    atomic_thread_fence(memory_order_seq_cst);
#endif
#ifndef WRONG_NO_WAIT
    while (load_acq(&emptying))
        ;
#endif
    taken_out[1] = cas(&slot, &seen, BECOME(live, PARKED));
    seen = BECOME(live, PARKED);
    if (taken_out[1] && cas(&slot, &seen, WORD(CLAIMED, FIRST, 2)))
        store_rel(&slot, WORD(LIVE, FIRST, 2));
    return argument;
}

static void scenario(void)
{
    pthread_t threads[2];

    slot = WORD(LIVE, FIRST, 1);
    emptying = crowded = asked = answered = 0;
    taken_out[0] = taken_out[1] = 0;
    start(&threads[0], was_alone, 0);
    start(&threads[1], comes, 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], 0);
    assert(taken_out[0] + taken_out[1] == 1);
    assert(slot == (taken_out[1] ? WORD(LIVE, FIRST, 2) : WORD(PARKED, FIRST, 1)));
}
