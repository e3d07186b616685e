/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys for the programs of this folder: one home, whose sequence is STEPS buckets of
 * CELLS cells, and its reach. shm/index.c is the code, shm/FORMAT.md says what a crash leaves.
 * Each party has a slot and a record, both of its number. It dies after its dies_at-th step (0:
 * never): every store is a step.
 */
#ifndef MODEL_KEY_H
#define MODEL_KEY_H

#include "rc11.h"

#ifndef STEPS
#define STEPS 1
#endif
#ifndef CELLS
#define CELLS 3
#endif
#define PARTIES 8
enum { NONE = -1, DIED = -2 };
enum { NO_KEY, KEY, OTHER_KEY };

static word_t words[PARTIES], keys[PARTIES], places[PARTIES], records[PARTIES];
static word_t cells[STEPS * CELLS], reach;

struct party {
    int me;
    int dies_at, step;
    uint64_t word; /* of its slot, once claimed */
    int where;     /* its cell */
};

#define STEP(p)                                                                                    \
    do {                                                                                           \
        if (++(p)->step == (p)->dies_at) {                                                         \
            return DIED;                                                                           \
        }                                                                                          \
    } while (0)

static inline void index_reset(void)
{
    for (int i = 0; i < PARTIES; i++) {
        words[i] = WORD(FREE, 0, 0);
        keys[i] = NO_KEY;
        places[i] = 0;
        records[i] = RECORD(R_ALIVE, 1);
    }
    for (int i = 0; i < STEPS * CELLS; i++)
        cells[i] = 0;
    reach = 0;
}

/* A reach: version above eight bits of how far. */
#define FAR(r) ((int)((r)&0xff))
static inline uint64_t reach_next(uint64_t seen, int far)
{
#ifdef WRONG_NO_VERSION
    return (seen & ~0xffull) | (uint64_t)far;
#else
    return ((seen >> 8) + 1) << 8 | (uint64_t)far;
#endif
}

#ifndef REACH_ORDER
#define REACH_ORDER memory_order_acquire
#endif
static inline int reach_of(void)
{
    return FAR(atomic_load_explicit(&reach, REACH_ORDER));
}

/* ---- inserting ------------------------------------------------------------------------------ */

/* One's own slot, as state, for a key: claim, begin_payload, the key. */
static inline int key_claim(struct party *p, int state, int key)
{
    uint64_t seen = load_rlx(&words[p->me]);

    p->word = WORD(state, p->me, GENERATION(seen) + 1);
    if (!cas(&words[p->me], &seen, p->word))
        assert(!"a slot of one's own");
    STEP(p);
    atomic_thread_fence(memory_order_release);
    store_rlx(&keys[p->me], key);
    STEP(p);
    return 0;
}

static inline int take_cell(struct party *p)
{
    for (int i = 0; i < STEPS * CELLS; i++) {
        uint64_t empty = 0;

        if (load_rlx(&cells[i]) != 0)
            continue;
        store_rlx(&places[p->me], i + 1);
        STEP(p);
        if (cas(&cells[i], &empty, (uint64_t)p->me + 1)) {
            p->where = i;
            STEP(p);
            return i;
        }
    }
    return NONE;
}

static inline int cover(struct party *p)
{
    int step = p->where / CELLS;
    uint64_t seen, next;

    if (step == 0)
        return 0;
    seen = load_rlx(&reach);
    do
        next = reach_next(seen, step > FAR(seen) ? step : FAR(seen));
    while (!cas(&reach, &seen, next));
    STEP(p);
    return 0;
}

static inline int index_insert(struct party *p)
{
    int where = take_cell(p);

    assert(where != NONE);
    return where < 0 ? where : cover(p);
}

/* ---- removing ------------------------------------------------------------------------------- */

static inline bool bucket_is_empty(int step)
{
    for (int i = 0; i < CELLS; i++)
        if (load_rlx(&cells[step * CELLS + i]) != 0)
            return false;
    return true;
}

static inline int shrink(struct party *p)
{
    uint64_t seen = load_acq(&reach);
    int far = FAR(seen), from = far;

    while (far > 0 && bucket_is_empty(far))
        far--;
    if (far != from && cas(&reach, &seen, reach_next(seen, far)))
        STEP(p);
    return 0;
}

/* A slot's cell out, by its holder: its owner or who adopted it. */
static inline int index_remove(struct party *p, int slot)
{
    int place = (int)load_rlx(&places[slot]) - 1;

    if (place < 0)
        return 0;
    if (load_rlx(&cells[place]) == (uint64_t)slot + 1) {
        store_rel(&cells[place], 0);
        STEP(p);
        if (place / CELLS != 0 && place / CELLS == reach_of() && shrink(p) == DIED)
            return DIED;
    }
    store_rlx(&places[slot], 0);
    STEP(p);
    return 0;
}

/* RELEASING -> FREE. The free map is churn.c's matter. */
static inline int slot_give_back(struct party *p, int slot, uint64_t releasing)
{
    if (index_remove(p, slot) == DIED)
        return DIED;
    store_rel(&words[slot], WORD(FREE, 0, GENERATION(releasing)));
    STEP(p);
    return 0;
}

static inline int unregister(struct party *p, uint64_t live)
{
    uint64_t releasing = WORD(RELEASING, p->me, GENERATION(live));

    if (!cas(&words[p->me], &live, releasing))
        return NONE;
    STEP(p);
    return slot_give_back(p, p->me, releasing);
}

/* What a dead owner left in its slot, adopted: again where a rival aborts it meanwhile. */
static inline int sweep(struct party *p, int dead)
{
    uint64_t record = load_acq(&records[dead]), seen, mine;

    if (R_STATE(record) != R_DEAD)
        return NONE;
    seen = load_acq(&words[dead]);
    do {
        if (STATE(seen) == FREE || OWNER(seen) != dead || load_rlx(&records[dead]) != record)
            return NONE;
        mine = WORD(RELEASING, p->me, GENERATION(seen));
    } while (!atomic_compare_exchange_strong_explicit(&words[dead], &seen, mine,
                                                      memory_order_acq_rel, memory_order_acquire));
    STEP(p);
    return slot_give_back(p, dead, mine);
}

#endif
