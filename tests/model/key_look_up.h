/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How the index of key.h is read: who counts under a key, and what a look-up finds. shm/keys/index_count.c
 * is the code.
 */
#ifndef MODEL_KEY_LOOK_UP_H
#define MODEL_KEY_LOOK_UP_H

#include "key.h"

static inline bool is_alive(uint64_t word)
{
#ifdef DEATHS
    return R_STATE(load_acq(&records[OWNER(word)])) == R_ALIVE;
#else
    (void)word;
    return true;
#endif
}

/* Does the slot that a cell names count under this key: is it LIVE, or, for a contender, PENDING?
 * Then its word, or 0. */
static inline uint64_t counts(int slot, int cell, int key, bool pending)
{
    for (int round = 0; round < 4; round++) {
        uint64_t seen = load_acq(&words[slot]);
        bool ours = true, alive;

        if ((STATE(seen) != LIVE && (STATE(seen) != PENDING || !pending)) || !(seen & KEYED))
            return 0;
#ifndef WRONG_CELL_ONCE
        ours = atomic_load_explicit(&cells[cell], STILL_ORDER) == (uint64_t)slot + 1;
#endif
        ours = ours && load_rlx(&keys[slot]) == (uint64_t)key;
        alive = is_alive(seen);
#ifndef WRONG_NO_ACQUIRE
        atomic_thread_fence(memory_order_acquire);
#endif
        if (load_rlx(&words[slot]) == seen) {
            assert(!ours || KEY_OF(seen) == key);
            return ours && alive ? seen : 0;
        }
    }
    return 0;
}

/* acquire: whom we met no more, since its cell was cleared, we see gone wherever we look next. */
static inline void walk_ended(void)
{
#ifndef WRONG_NO_LAST_FENCE
    atomic_thread_fence(memory_order_acquire);
#endif
}

/* How many count under a key; and a bit for each. */
static inline int count_key(int key, bool pending, int *found)
{
    int end = (reach_of() + 1) * CELLS, count = 0;
    uint64_t met[PARTIES] = {0};

    *found = 0;
    for (int i = 0; i < end; i++) {
        int slot = (int)atomic_load_explicit(&cells[i], FOUND_ORDER) - 1;
        uint64_t word;

        if (slot < 0 || slot >= PARTIES)
            continue;
        word = counts(slot, i, key, pending);
        if (word == 0)
            continue;
        assert(met[slot] != word); /* no entry twice */
        met[slot] = word;
        *found |= 1 << slot;
        count++;
    }
    walk_ended();
    return count;
}

static inline int look_up(int key)
{
    int found;

    count_key(key, false, &found);
    return found;
}

/* A look-up finds slot, if it is LIVE under the key all the while. */
static inline void look_up_one(int slot, int key)
{
    uint64_t before = load_acq(&words[slot]);
    int found = look_up(key);

    if (STATE(before) == LIVE && KEY_OF(before) == key && load_rlx(&words[slot]) == before)
        assert(found >> slot & 1);
}

#endif
