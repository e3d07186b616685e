/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys for the programs of this folder: one home, whose sequence is STEPS buckets of
 * CELLS cells, and its reach; slots with keys, and how they change hands. shm/keys/index.c,
 * shm/keys/bucket.h, shm/slots/slot.h and lib/register_key.c are the code, shm/FORMAT.md says what a crash
 * leaves. All keys have one hash. A party has the record of its number, and at first the slot of
 * its number. With DEATHS it dies after its dies_at-th step (0: never): every store is a step.
 *
 * A word carries the key of its slot besides, for the assertions: nothing else looks at it.
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
#ifndef PARTIES
#define PARTIES 10
#endif
enum { NONE = -1, DIED = -2 };
enum { NO_KEY, KEY, OTHER_KEY };

static word_t words[PARTIES], keys[PARTIES], places[PARTIES], records[PARTIES];
static word_t cells[STEPS * CELLS], reach;

struct party {
    int me, slot, key;
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

/* The orders that the programs weaken. */
#ifndef CELL_ORDER
#define CELL_ORDER memory_order_seq_cst
#endif
#ifndef COVERED_ORDER
#define COVERED_ORDER memory_order_seq_cst
#endif
#ifndef MARK_ORDER
#define MARK_ORDER memory_order_seq_cst
#endif
#ifndef CELLS_AGAIN_ORDER
#define CELLS_AGAIN_ORDER memory_order_seq_cst
#endif
#ifndef REMOVED_ORDER
#define REMOVED_ORDER memory_order_release
#endif
#ifndef FOUND_ORDER
#define FOUND_ORDER memory_order_relaxed
#endif
#ifndef STILL_ORDER
#define STILL_ORDER memory_order_acquire
#endif
#ifndef REACH_ORDER
#define REACH_ORDER memory_order_acquire
#endif
#ifndef SHORTEN_ORDER
#define SHORTEN_ORDER memory_order_acq_rel
#endif

/* ---- words and keys ------------------------------------------------------------------------- */

#define KEY_OF(w)     ((int)((w) >> 48))
#define WITH_KEY(key) ((key) == NO_KEY ? 0 : (uint64_t)(key) << 48 | KEYED)
#define LIFE(w)       (GENERATION(w) & 0xff)
#define UNKEYED(w)    ((w)&0xff7full)

/* ---- before anybody starts ------------------------------------------------------------------ */

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

/* An entry of the owner's, LIVE, or parked since, or about to become one. */
static inline void index_preset(int owner, int state, int key, int cell)
{
    words[owner] = WORD(state, owner, 1) | WITH_KEY(key);
    keys[owner] = (uint64_t)key;
    places[owner] = (uint64_t)cell + 1;
    cells[cell] = (uint64_t)owner + 1;
    if (cell / CELLS > (int)(reach & 0xff))
        reach = (uint64_t)(cell / CELLS);
}

static inline struct party party_of(int owner, int state, int key, int cell)
{
    return (struct party){.me = owner,
                          .slot = owner,
                          .key = key,
                          .word = WORD(state, owner, 1) | WITH_KEY(key),
                          .where = cell};
}

/* ---- the reach: version, whether somebody shrinks it, how far -------------------------------- */

#define FAR(r)    ((int)((r)&0x7f))
#define SHRINKING 0x80ull
static inline uint64_t reach_next(uint64_t seen, int far)
{
#ifdef WRONG_NO_VERSION
    return (seen & ~0xffull) | (uint64_t)far;
#else
    return ((seen >> 8) + 1) << 8 | (uint64_t)far;
#endif
}

static inline int reach_of(void)
{
    return FAR(atomic_load_explicit(&reach, REACH_ORDER));
}

/* No exchange where the reach suffices and nobody shrinks it. */
static inline int cover(struct party *p)
{
    int step = p->where / CELLS;
    uint64_t seen, next;

    if (step == 0)
        return 0;
    seen = atomic_load_explicit(&reach, COVERED_ORDER);
    do {
#ifdef WRONG_MARK_IGNORED
        if (FAR(seen) >= step)
            return 0;
#endif
        if (FAR(seen) >= step && !(seen & SHRINKING))
            return 0;
        next = reach_next(seen, step > FAR(seen) ? step : FAR(seen));
    } while (!cas(&reach, &seen, next));
    STEP(p);
    return 0;
}

static inline bool bucket_is_empty(int step, memory_order order)
{
    /* No step is beyond the last one. gcc 13 cannot know that, and is told by the second bound. */
    for (int i = step * CELLS; i < (step + 1) * CELLS && i < STEPS * CELLS; i++)
        if (atomic_load_explicit(&cells[i], order) != 0)
            return false;
    return true;
}

static inline int shrink(struct party *p)
{
    uint64_t seen = load_rlx(&reach), marked;
    int far = FAR(seen);

    if (far == 0 || !bucket_is_empty(far, memory_order_relaxed))
        return 0;
    marked = reach_next(seen, far) | SHRINKING;
#ifdef WRONG_UNMARKED
    marked = seen;
#else
    if (!cas_with(&reach, &seen, marked, MARK_ORDER))
        return 0;
    STEP(p);
#endif
    while (far > 0 && bucket_is_empty(far, CELLS_AGAIN_ORDER))
        far--;
    if (cas_with(&reach, &marked, reach_next(marked, far), SHORTEN_ORDER))
        STEP(p);
    return 0;
}

/* ---- removing ------------------------------------------------------------------------------- */

/* A slot's cell out, by its holder: who took it parked, who withdraws, or who adopted it. */
static inline int index_remove(struct party *p, int slot)
{
    int place = (int)load_rlx(&places[slot]) - 1;

    if (place < 0)
        return 0;
    if (load_rlx(&cells[place]) == (uint64_t)slot + 1) {
        atomic_store_explicit(&cells[place], 0, REMOVED_ORDER);
        STEP(p);
        if (slot % 8 == 0 && shrink(p) == DIED)
            return DIED;
    }
    store_rlx(&places[slot], 0);
    STEP(p);
    return 0;
}

/* ---- a slot changes hands ------------------------------------------------------------------- */

static inline int key_set(struct party *p)
{
    if (p->key == NO_KEY)
        return 0;
#ifndef WRONG_KEY_BEFORE_FENCE
    atomic_thread_fence(memory_order_release);
#endif
    store_rlx(&keys[p->slot], (uint64_t)p->key);
    STEP(p);
    return 0;
}

static inline int word_set(struct party *p, uint64_t word)
{
    p->word = word;
    store_rel(&words[p->slot], word);
    STEP(p);
    return 0;
}

/* Whom rivals count from now on. */
static inline int slot_pending(struct party *p)
{
    return word_set(p, BECOME(p->word, PENDING));
}

/* Take a slot whose word was seen, FREE or PARKED, for key or NO_KEY. One that was parked with a
 * cell is RELEASING, and keyed, until it counts again. NONE: another was quicker. */
static inline int slot_claim(struct party *p, int slot, uint64_t seen, int key)
{
    uint64_t as = WORD(CLAIMED, p->me, LIFE(seen) + 1) | WITH_KEY(key);
    uint64_t next = seen & KEYED ? BECOME(as, RELEASING) | KEYED : as;

    if (!cas(&words[slot], &seen, next))
        return NONE;
    p->word = as;
    p->slot = slot;
    p->key = key;
    STEP(p);
#ifdef WRONG_PENDING_BEFORE_REMOVED
    if (key != NO_KEY && slot_pending(p) == DIED)
        return DIED;
#endif
    if ((next & 7) == RELEASING && index_remove(p, slot) == DIED)
        return DIED;
    return key_set(p);
}

static inline int slot_publish(struct party *p)
{
    return word_set(p, BECOME(p->word, LIVE));
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
    if (word_set(p, BECOME(p->word, RELEASING)) == DIED || index_remove(p, p->slot) == DIED)
        return DIED;
    return word_set(p, UNKEYED(BECOME(p->word, PARKED)));
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
        mine = WORD(RELEASING, p->me, LIFE(seen)) | (seen & KEYED);
    } while (!atomic_compare_exchange_strong_explicit(&words[slot], &seen, mine,
                                                      memory_order_acq_rel, memory_order_acquire));
    STEP(p);
    if ((mine & KEYED) && index_remove(p, slot) == DIED)
        return DIED;
    store_rel(&words[slot], WORD(FREE, 0, LIFE(mine)));
    STEP(p);
    return 0;
}

/* ---- inserting ------------------------------------------------------------------------------ */

/* NONE: no cell is empty. */
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
        if (!cas_with(&cells[i], &empty, (uint64_t)p->slot + 1, CELL_ORDER))
            continue;
        p->where = i;
        STEP(p);
#ifdef WRONG_PLACE_AFTER_CELL
        store_rlx(&places[p->slot], (uint64_t)i + 1);
#endif
        return i;
    }
    return NONE;
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

/* ---- what must hold at the end -------------------------------------------------------------- */

/* Of an index at rest: each slot with a key has its cell, within the reach, and there is no other.
 */
static inline void index_verify(int slots)
{
    for (int slot = 0; slot < slots; slot++) {
        int named = 0;

        for (int i = 0; i < STEPS * CELLS; i++)
            if (cells[i] == (uint64_t)slot + 1) {
                named++;
                assert(STATE(words[slot]) != LIVE || i / CELLS <= FAR(reach));
            }
        assert(named == ((words[slot] & KEYED) != 0));
        assert(!(words[slot] & KEYED) || KEY_OF(words[slot]) == (int)keys[slot]);
    }
}

#endif
