/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A worker dies after step STOP of: take, park, take again, release. Another worker takes or
 * steals what it can; two sweepers (one of them dying after step SWEEPER_STOP); -DREADER: a reader.
 * At the end one more sweep of each dead one: nothing of theirs is left, and the table is sound.
 */
#include "slot.h"

#ifndef STOP
#define STOP 0
#endif
#ifndef SWEEPER_STOP
#define SWEEPER_STOP 0
#endif
enum { OTHER = 1, VICTIM, SWEEPER, DYING_SWEEPER, LAST_SWEEPER };

static int victim_life(struct worker *w)
{
    int slot = slot_take(w, 0, VICTIM);
    if (slot < 0) {
        return slot;
    }
    uint64_t live = WORD(LIVE, w->me, GENERATION(load_rlx(&words[0])));
    if (slot_park(w, 0, live) == DIED) {
        return DIED;
    }
    slot = slot_retake(w, 0, false, VICTIM);
    if (slot < 0) {
        return slot;
    }
    live = WORD(LIVE, w->me, GENERATION(load_rlx(&words[0])));
    return slot_release(w, 0, live);
}

static void *lives_and_dies(void *argument)
{
    struct worker w = {.me = VICTIM, .dies_at = STOP};
    victim_life(&w);
    store_rel(&records[VICTIM], RECORD(R_DEAD, 1));
    return argument;
}

static void *takes_or_steals(void *argument)
{
    struct worker w = {.me = OTHER};
    for (int i = 0; i < SLOTS; i++) {
        if (slot_take(&w, i, OTHER) >= 0 || slot_retake(&w, i, true, OTHER) >= 0) {
            break;
        }
    }
    return argument;
}

static void sweep_all(struct worker *w, int dead)
{
    uint64_t record = load_acq(&records[dead]);
    for (int i = 0; i < SLOTS && R_STATE(record) == R_DEAD; i++) {
        if (slot_sweep(w, i, dead, record) == DIED) {
            store_rel(&records[w->me], RECORD(R_DEAD, 1));
            return;
        }
    }
}

static void *sweeps(void *argument)
{
    struct worker w = {.me = (int)(intptr_t)argument};
    w.dies_at = w.me == DYING_SWEEPER ? SWEEPER_STOP : 0;
    sweep_all(&w, VICTIM);
    if (w.me == SWEEPER) {
        sweep_all(&w, DYING_SWEEPER);
    }
    return 0;
}

static void *reads(void *argument)
{
    uint64_t seen = 0;
    for (int i = 0; i < SLOTS; i++) {
        uint64_t value = slot_read(i, &seen);
        assert(value == 0 || value == (uint64_t)OWNER(seen));
    }
    return argument;
}

static void scenario(void)
{
    pthread_t threads[5];
    int count = 0;
    table_reset();
    start(&threads[count++], lives_and_dies, 0);
    start(&threads[count++], takes_or_steals, 0);
    start(&threads[count++], sweeps, SWEEPER);
    start(&threads[count++], sweeps, DYING_SWEEPER);
#ifdef READER
    start(&threads[count++], reads, 0);
#else
    (void)reads;
#endif
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], 0);
    }
    struct worker last = {.me = LAST_SWEEPER};
    sweep_all(&last, VICTIM);
    sweep_all(&last, DYING_SWEEPER);
    for (int i = 0; i < SLOTS; i++) {
        assert(STATE(words[i]) == FREE || OWNER(words[i]) == OTHER);
    }
    table_verify();
}
