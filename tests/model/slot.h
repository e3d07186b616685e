/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The slot protocol of shm/FORMAT.md over SLOTS slots of two payload words, for the programs of
 * this folder. A worker dies after its dies_at-th step (0: never): every store is a step.
 */
#ifndef MODEL_SLOT_H
#define MODEL_SLOT_H

#include "rc11.h"

#ifndef SLOTS
#define SLOTS 1
#endif
#define RECORDS 8
enum { NONE = -1, DIED = -2 };

static word_t words[SLOTS], payload[SLOTS][2], taken, records[RECORDS];

struct worker {
    int me;
    int dies_at, step;
};

#define STEP(w)                                                                                    \
    do {                                                                                           \
        if (++(w)->step == (w)->dies_at) {                                                         \
            return DIED;                                                                           \
        }                                                                                          \
    } while (0)

static inline void table_reset(void)
{
    for (int i = 0; i < SLOTS; i++) {
        words[i] = WORD(FREE, 0, 0);
        payload[i][0] = payload[i][1] = 0;
    }
    taken = 0;
    for (int r = 0; r < RECORDS; r++) {
        records[r] = RECORD(R_ALIVE, 1);
    }
}

static inline int slot_publish(struct worker *w, int slot, uint64_t generation, uint64_t value)
{
#ifndef WRONG_NO_FENCE
    atomic_thread_fence(memory_order_release);
#endif
    store_rlx(&payload[slot][0], value);
    STEP(w);
    store_rlx(&payload[slot][1], value);
    STEP(w);
    store_rel(&words[slot], WORD(LIVE, w->me, generation));
    STEP(w);
    return slot;
}

/* From the taken map. */
static inline int slot_take(struct worker *w, int slot, uint64_t value)
{
    uint64_t word = load_rlx(&words[slot]);
    if ((load_rlx(&taken) >> slot & 1) || STATE(word) != FREE) {
        return NONE;
    }
    uint64_t generation = GENERATION(word) + 1;
    if (!cas(&words[slot], &word, WORD(CLAIMED, w->me, generation))) {
        return NONE;
    }
    STEP(w);
    atomic_fetch_or_explicit(&taken, 1ull << slot, memory_order_relaxed);
    STEP(w);
    return slot_publish(w, slot, generation, value);
}

/* One's own parked slot, or, with steal, anybody's: the taken map is not touched. */
static inline int slot_retake(struct worker *w, int slot, bool steal, uint64_t value)
{
    uint64_t word = load_rlx(&words[slot]);
    if (STATE(word) != PARKED || (OWNER(word) != w->me && !steal)) {
        return NONE;
    }
    uint64_t generation = GENERATION(word) + 1;
    if (!cas(&words[slot], &word, WORD(CLAIMED, w->me, generation))) {
        return NONE;
    }
    STEP(w);
    return slot_publish(w, slot, generation, value);
}

static inline int slot_empty(struct worker *w, int slot, uint64_t word)
{
#ifdef WRONG_FREE_BEFORE_BIT
    store_rel(&words[slot], WORD(FREE, 0, GENERATION(word)));
    STEP(w);
    atomic_fetch_and_explicit(&taken, ~(1ull << slot), memory_order_relaxed);
#else
    atomic_fetch_and_explicit(&taken, ~(1ull << slot), memory_order_relaxed);
    STEP(w);
    store_rel(&words[slot], WORD(FREE, 0, GENERATION(word)));
#endif
    STEP(w);
    return slot;
}

/* LIVE -> state, by the worker that registered it. */
static inline int slot_leave_live(struct worker *w, int slot, uint64_t live, int state)
{
    uint64_t word = load_rlx(&words[slot]);
    if (word != live) {
        return NONE;
    }
    uint64_t next = WORD(state, w->me, GENERATION(word));
    if (!cas(&words[slot], &word, next)) {
        return NONE;
    }
    STEP(w);
    return slot;
}

static inline int slot_park(struct worker *w, int slot, uint64_t live)
{
    return slot_leave_live(w, slot, live, PARKED);
}

static inline int slot_release(struct worker *w, int slot, uint64_t live)
{
    int left = slot_leave_live(w, slot, live, RELEASING);
    return left < 0 ? left : slot_empty(w, slot, live);
}

/* Whatever a dead owner left, adopted and then emptied as one's own. */
static inline int slot_sweep(struct worker *w, int slot, int dead, uint64_t dead_record)
{
#ifdef WRONG_RECORD_BEFORE_WORD
    bool still_dead = load_acq(&records[dead]) == dead_record;
    uint64_t word = load_acq(&words[slot]);
#else
    uint64_t word = load_acq(&words[slot]);
    bool still_dead = load_rlx(&records[dead]) == dead_record;
#endif
    if (STATE(word) == FREE || OWNER(word) != dead || !still_dead) {
        return NONE;
    }
#ifdef WRONG_SWEEP_UNADOPTED
    atomic_fetch_and_explicit(&taken, ~(1ull << slot), memory_order_relaxed);
    cas(&words[slot], &word, WORD(FREE, 0, GENERATION(word)));
    return slot;
#else
    if (!cas(&words[slot], &word, WORD(RELEASING, w->me, GENERATION(word)))) {
        return NONE;
    }
    STEP(w);
    return slot_empty(w, slot, word);
#endif
}

/* What a list would show of this slot: 0 nothing, else the payload, which must be whole. */
static inline uint64_t slot_read(int slot, uint64_t *seen)
{
    uint64_t word = load_acq(&words[slot]);
    if (STATE(word) != LIVE) {
        return 0;
    }
    uint64_t a = load_rlx(&payload[slot][0]), b = load_rlx(&payload[slot][1]);
    atomic_thread_fence(memory_order_acquire);
#ifdef WRONG_WORD_BEFORE_RECORD
    uint64_t again = load_acq(&words[slot]);
    uint64_t record = load_rlx(&records[OWNER(word)]);
#else
    uint64_t record = load_acq(&records[OWNER(word)]);
    uint64_t again = load_rlx(&words[slot]);
#endif
    if (again != word || R_STATE(record) != R_ALIVE) {
        return 0;
    }
    assert(a == b);
    *seen = word;
    return a;
}

/* Of a table at rest. */
static inline void table_verify(void)
{
    for (int i = 0; i < SLOTS; i++) {
        int state = STATE(words[i]);
        bool is_taken = taken >> i & 1;
        assert(state == FREE || state == LIVE || state == PARKED);
        assert(is_taken == (state != FREE));
    }
}

#endif
