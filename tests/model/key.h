/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys for the programs of this folder: one home, whose sequence is STEPS buckets of
 * CELLS cells, and its reach; slots with keys, and how they change hands. shm/index.c, shm/slot.h
 * and lib/register_key.c are the code, shm/FORMAT.md says what a crash leaves. All keys have one
 * hash. A party has the record of its number, and at first the slot of its number. With DEATHS it
 * dies after its dies_at-th step (0: never): every store is a step.
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
    int me, slot;
    int dies_at, step;
    uint64_t word; /* of its slot, once claimed */
    int where;     /* its cell */
};

#ifdef DEATHS
#define STEP(p)                                                                                    \
    do {                                                                                           \
        if (++(p)->step == (p)->dies_at)                                                           \
            return DIED;                                                                           \
    } while (0)
#else
#define STEP(p) (void)(p)
#endif

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

/* Before anybody starts: an entry of the owner's, LIVE, or parked since. */
static inline void index_preset(int owner, int state, int key, int cell)
{
    words[owner] = WORD(state, owner, 1) | KEYED;
    keys[owner] = (uint64_t)key;
    places[owner] = (uint64_t)cell + 1;
    cells[cell] = (uint64_t)owner + 1;
    if (cell / CELLS > (int)(reach & 0xff))
        reach = (uint64_t)(cell / CELLS);
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
#ifndef SHRINK_ORDER
#define SHRINK_ORDER memory_order_acquire
#endif
static inline int reach_of(void)
{
    return FAR(atomic_load_explicit(&reach, REACH_ORDER));
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
    uint64_t seen = atomic_load_explicit(&reach, SHRINK_ORDER);
    int far = FAR(seen), from = far;

    while (far > 0 && bucket_is_empty(far))
        far--;
    if (far != from && cas(&reach, &seen, reach_next(seen, far)))
        STEP(p);
    return 0;
}

/* A slot's cell out, by its holder: who took it parked, who withdraws, or who adopted it. */
static inline int index_remove(struct party *p, int slot)
{
    int place = (int)load_rlx(&places[slot]) - 1;

    if (place < 0)
        return 0;
    if (load_rlx(&cells[place]) == (uint64_t)slot + 1) {
        store_rel(&cells[place], 0);
        STEP(p);
        if (slot % 8 == 0 && shrink(p) == DIED)
            return DIED;
    }
    store_rlx(&places[slot], 0);
    STEP(p);
    return 0;
}

/* ---- a slot changes hands ------------------------------------------------------------------- */

static inline int key_set(struct party *p, int key)
{
    if (key == NO_KEY)
        return 0;
#ifndef WRONG_KEY_BEFORE_FENCE
    atomic_thread_fence(memory_order_release);
#endif
    store_rlx(&keys[p->slot], (uint64_t)key);
    STEP(p);
    return 0;
}

static inline int slot_settle(struct party *p, uint64_t as)
{
    p->word = as + (GENERATION(p->word) << 8);
    store_rel(&words[p->slot], p->word);
    STEP(p);
    return 0;
}

/* A slot that was parked with a cell, and is RELEASING in our hands. */
static inline int slot_refit(struct party *p, uint64_t as, int key)
{
#if defined WRONG_SETTLE_BEFORE_CELL
    return slot_settle(p, as) == DIED || index_remove(p, p->slot) == DIED ? DIED : key_set(p, key);
#elif defined WRONG_SETTLE_BEFORE_KEY
    return index_remove(p, p->slot) == DIED || slot_settle(p, as) == DIED ? DIED : key_set(p, key);
#else
    if (index_remove(p, p->slot) == DIED || key_set(p, key) == DIED)
        return DIED;
    return slot_settle(p, as);
#endif
}

/* Take a slot whose word was seen, FREE or PARKED, as state, for key or NO_KEY. NONE: another was
 * quicker. */
static inline int slot_claim(struct party *p, int slot, uint64_t seen, int state, int key)
{
    uint64_t as = WORD(state, p->me, 0) | (key == NO_KEY ? 0 : KEYED);
    uint64_t next = as + ((GENERATION(seen) + 1) << 8);

    if (seen & KEYED)
        next = BECOME(next, RELEASING) | KEYED;
    if (!cas(&words[slot], &seen, next))
        return NONE;
    p->word = next;
    p->slot = slot;
    STEP(p);
    return STATE(next) == RELEASING ? slot_refit(p, as, key) : key_set(p, key);
}

static inline int slot_publish(struct party *p)
{
    p->word = BECOME(p->word, LIVE);
    store_rel(&words[p->slot], p->word);
    STEP(p);
    return 0;
}

/* LIVE -> PARKED: its cell stays. */
static inline int slot_park(struct party *p)
{
    uint64_t live = p->word;

    if (!cas(&words[p->slot], &live, BECOME(live, PARKED)))
        return NONE;
    p->word = BECOME(p->word, PARKED);
    STEP(p);
    return 0;
}

/* A registration that may not live, to PARKED without a cell. */
static inline int slot_withdraw(struct party *p)
{
    p->word = BECOME(p->word, RELEASING);
    store_rel(&words[p->slot], p->word);
    STEP(p);
    if (index_remove(p, p->slot) == DIED)
        return DIED;
    p->word = BECOME(p->word, PARKED) & ~KEYED;
    store_rel(&words[p->slot], p->word);
    STEP(p);
    return 0;
}

/* What a dead owner left in a slot, adopted: again where a rival aborts it meanwhile. */
static inline int slot_sweep(struct party *p, int slot, int dead)
{
    uint64_t record = load_acq(&records[dead]), seen, mine;

    if (R_STATE(record) != R_DEAD)
        return NONE;
    seen = load_acq(&words[slot]);
    do {
        if (STATE(seen) == FREE || OWNER(seen) != dead || load_acq(&records[dead]) != record)
            return NONE;
        mine = WORD(RELEASING, p->me, GENERATION(seen)) | (seen & KEYED);
    } while (!atomic_compare_exchange_strong_explicit(&words[slot], &seen, mine,
                                                      memory_order_acq_rel, memory_order_acquire));
    STEP(p);
    if ((mine & KEYED) && index_remove(p, slot) == DIED)
        return DIED;
    store_rel(&words[slot], WORD(FREE, 0, GENERATION(mine)));
    STEP(p);
    return 0;
}

/* ---- inserting ------------------------------------------------------------------------------ */

static inline int take_cell(struct party *p)
{
    for (int i = 0; i < STEPS * CELLS; i++) {
        uint64_t empty = 0;

        if (load_rlx(&cells[i]) != 0)
            continue;
#ifndef WRONG_PLACE_AFTER_CELL
        store_rlx(&places[p->slot], (uint64_t)i + 1);
        STEP(p);
#endif
        if (cas(&cells[i], &empty, (uint64_t)p->slot + 1)) {
            p->where = i;
            STEP(p);
#ifdef WRONG_PLACE_AFTER_CELL
            store_rlx(&places[p->slot], (uint64_t)i + 1);
#endif
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

/* A registration without a limit: its cell, covered, then LIVE. */
static inline int key_enter(struct party *p)
{
#if defined WRONG_LIVE_BEFORE_CELL
    return slot_publish(p) == DIED ? DIED : index_insert(p);
#elif defined WRONG_COVER_AFTER_LIVE
    return take_cell(p) == DIED || slot_publish(p) == DIED ? DIED : cover(p);
#else
    return index_insert(p) == DIED ? DIED : slot_publish(p);
#endif
}

#endif
