/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys beside look-ups. shm/index.c, shm/slot.h and lib/register_key.c are the code.
 *   (none)  an entry at the end of the reach goes, which shrinks it, while another enters beside or
 *           beyond it: a look-up misses none that was LIVE before it began, and lives on
 *   RETAKE  a slot parked with its cell is taken by its owner (RETAKE=key or NO_KEY) and perhaps a
 *           thief (THIEF=key or NO_KEY): one gets it; the cell of its last key is gone once it
 *           counts again; a list shows no entry with the key of another
 */
#ifndef RETAKE
#define STEPS 2
#define CELLS 2
#endif
#include "key.h"

enum { LEAVER, ENTRANT, THIEF_, READER, ELSEWHERE }; /* slot 0: it tries to shrink */

/* Is slot an entry with this key, as one finds who comes by its cell? */
static bool is_entry(int slot, int key)
{
    for (int round = 0; round < 4; round++) {
        uint64_t seen = load_acq(&words[slot]);
        bool ours;

        if (STATE(seen) != LIVE || !(seen & KEYED))
            return false;
        ours = load_rlx(&keys[slot]) == (uint64_t)key;
        atomic_thread_fence(memory_order_acquire);
        if (load_rlx(&words[slot]) == seen)
            return ours;
    }
    return false;
}

static bool look_up(int wanted, int key)
{
    int end = (reach_of() + 1) * CELLS;
    bool found = false;

    for (int i = 0; i < end; i++)
        if (load_acq(&cells[i]) == (uint64_t)wanted + 1)
            found |= is_entry(wanted, key);
    return found;
}

#ifndef RETAKE

static void *goes(void *argument)
{
    struct party p = {.me = LEAVER, .slot = LEAVER, .word = WORD(LIVE, LEAVER, 1) | KEYED};

    slot_park(&p);
    slot_claim(&p, LEAVER, p.word, CLAIMED, NO_KEY);
    slot_publish(&p);
    return argument;
}

static void *enters(void *argument)
{
    struct party p = {.me = ENTRANT};

    slot_claim(&p, ENTRANT, load_rlx(&words[ENTRANT]), CLAIMED, KEY);
    key_enter(&p);
    return argument;
}

static void *looks_up(void *argument)
{
    if (STATE(load_acq(&words[ENTRANT])) == LIVE)
        assert(look_up(ENTRANT, KEY));
    return argument;
}

static void scenario(void)
{
    pthread_t threads[3];

    index_reset();
    for (int i = 0; i < CELLS; i++) /* the first bucket is full */
        cells[i] = ELSEWHERE + 1;
    index_preset(LEAVER, LIVE, KEY, CELLS);
    start(&threads[0], goes, 0);
    start(&threads[1], enters, 0);
    start(&threads[2], looks_up, 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], 0);
    assert(look_up(ENTRANT, KEY));
    assert(places[LEAVER] == 0);
}

#else

/* Of generation 1 and of the owner: KEY. Each later one as its owner wants it. */
static int key_of(uint64_t word)
{
#ifdef THIEF
    if (OWNER(word) == THIEF_)
        return THIEF;
#endif
    return GENERATION(word) == 1 ? KEY : RETAKE;
}

/* By whom that has just got the slot, and is about to give it a cell. */
static void verify_old_cell(void)
{
    for (int i = 0; i < CELLS; i++)
        assert(load_rlx(&cells[i]) != LEAVER + 1);
}

static void take(struct party *p, int key)
{
    uint64_t seen = load_rlx(&words[LEAVER]);

    if (STATE(seen) != PARKED || slot_claim(p, LEAVER, seen, CLAIMED, key) == NONE)
        return;
    verify_old_cell();
    if (key == NO_KEY)
        slot_publish(p);
    else
        key_enter(p);
}

static void *takes_again(void *argument)
{
    struct party p = {.me = LEAVER, .slot = LEAVER, .word = WORD(LIVE, LEAVER, 1) | KEYED};

    slot_park(&p);
    take(&p, RETAKE);
    return argument;
}

#ifdef THIEF
static void *steals(void *argument)
{
    struct party p = {.me = THIEF_};

    take(&p, THIEF);
    return argument;
}
#endif

/* A list, which comes by words, and a look-up, which comes by cells. */
static void *reads(void *argument)
{
    uint64_t seen = load_acq(&words[LEAVER]), key;

    if (STATE(seen) == LIVE && (seen & KEYED)) {
        key = load_rlx(&keys[LEAVER]);
        atomic_thread_fence(memory_order_acquire);
        if (load_rlx(&words[LEAVER]) == seen)
            assert(key == (uint64_t)key_of(seen));
    }
    return argument;
}

/* Who has met a word that counts meets no old cell under it. */
static void *meets(void *argument)
{
    uint64_t seen = load_acq(&words[LEAVER]);

    if ((STATE(seen) == CLAIMED || STATE(seen) == LIVE) && GENERATION(seen) > 1)
        for (int i = 0; i < CELLS; i++)
            if (load_acq(&cells[i]) == LEAVER + 1)
                assert((seen & KEYED) && load_rlx(&keys[LEAVER]) == (uint64_t)key_of(seen));
    return argument;
}

static void scenario(void)
{
    pthread_t threads[4];
    int count = 0, named = 0;
    uint64_t word;

    index_reset();
    index_preset(LEAVER, LIVE, KEY, 0);
    start(&threads[count++], takes_again, 0);
    start(&threads[count++], reads, 0);
    start(&threads[count++], meets, 0);
#ifdef THIEF
    start(&threads[count++], steals, 0);
#endif
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], 0);
    word = words[LEAVER];
    for (int i = 0; i < CELLS; i++)
        named += cells[i] == LEAVER + 1;
    assert(STATE(word) == LIVE && GENERATION(word) > 1);
    assert(named == (key_of(word) == NO_KEY ? 0 : 1));
    assert(key_of(word) == NO_KEY || look_up(LEAVER, key_of(word)));
}

#endif
