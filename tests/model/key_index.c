/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The index of keys beside look-ups. shm/keys/index.c, shm/slots/slot.h and lib/register_key.c are the code.
 * Each by its macro, with a key as its value if nothing else is said:
 *   MOVES     an entry of KEY in bucket MOVER_STEP (0) leaves, and its slot, parked with the cell,
 *             is taken by its owner for this key, or NO_KEY; its removal shrinks the reach
 *   LEAVES    another entry, in the last bucket, leaves and shrinks the reach (no value)
 *   TAKES     a thief takes the slot of the first, if it finds it parked
 *   ENTERS_1, ENTERS_2  an entry enters
 *   FULL      the first bucket is (no value)
 *   READS     a look-up of this key, of whom LOOKED_UP entered
 *   LISTS     a list comes by the words; MEETS: one who comes by the cells of a word that counts
 *             meets no old one (no value)
 *   DEATHS    the slot of this number loses its owner after its step STOP, and another sweeps, who
 *             dies after its step SWEEPER_STOP; when all have ended, the last sweeper comes, and
 *             an entry enters
 * Whoever is counted is LIVE under the key, and is counted once; who is so all the while is
 * counted. At the end each entry's cell is within the reach, and no other cell names its slot.
 */
#if !defined MOVES && !defined ENTERS_1
/* An entry at the end of the reach goes, which shrinks it, while another enters beside it. */
#define MOVES      NO_KEY
#define MOVER_STEP 1
#define ENTERS_1   KEY
#define READS      KEY
#define LOOKED_UP  1
#define FULL
#define STEPS 2
#define CELLS 2
#endif
#include "key_look_up.h"

#ifndef MOVER_STEP
#define MOVER_STEP 0
#endif
#ifndef LOOKED_UP
#define LOOKED_UP 0
#endif
#ifndef STOP
#define STOP 0
#endif
#ifndef SWEEPER_STOP
#define SWEEPER_STOP 0
#endif

/* Slots and parties. 0 and 8 try to shrink. */
enum { MOVER, THIEF = 3, LATE_ONE, SWEEPER, LAST_SWEEPER, LEAVER = 8, ELSEWHERE };

/* ---- who is there --------------------------------------------------------------------------- */

static int result[PARTIES];

static int dies_at(int me)
{
#ifdef DEATHS
    return me == DEATHS ? STOP : 0;
#else
    (void)me;
    return 0;
#endif
}

static void ended(int me, int how)
{
    result[me] = how;
    if (how == DIED)
        store_rel(&records[me], RECORD(R_DEAD, 1));
}

static int try_enter(struct party *p, int key)
{
    int error = slot_claim(p, p->me, load_rlx(&words[p->me]), key);

    return error < 0 ? error : key_enter(p);
}

static void *enters(void *argument)
{
    struct party p = {.me = (int)(intptr_t)argument};
    int key = NO_KEY;

#ifdef ENTERS_1
    if (p.me == 1)
        key = ENTERS_1;
#endif
#ifdef ENTERS_2
    if (p.me == 2)
        key = ENTERS_2;
#endif
    p.dies_at = dies_at(p.me);
    ended(p.me, try_enter(&p, key));
    return argument;
}

/* By whom that has just got the slot, and is about to give it a cell. */
static void verify_old_cell(void)
{
    for (int i = 0; i < STEPS * CELLS; i++)
        assert(load_rlx(&cells[i]) != MOVER + 1);
}

static int take(struct party *p, int key)
{
    uint64_t seen = load_rlx(&words[MOVER]);
    int error = STATE(seen) == PARKED ? slot_claim(p, MOVER, seen, key) : NONE;

    if (error < 0)
        return error;
#ifndef WRONG_OLD_CELL_LATE
    verify_old_cell();
#endif
    return key == NO_KEY ? slot_publish(p) : key_enter(p);
}

#ifdef MOVES
static void *moves(void *argument)
{
    struct party p = party_of(MOVER, LIVE, KEY, MOVER_STEP * CELLS);

    p.dies_at = dies_at(MOVER);
    ended(MOVER, slot_park(&p) == DIED ? DIED : take(&p, MOVES));
    return argument;
}
#endif

#ifdef LEAVES
static void *leaves(void *argument)
{
    struct party p = party_of(LEAVER, LIVE, KEY, STEPS * CELLS - 1);

    slot_park(&p);
    slot_claim(&p, LEAVER, p.word, NO_KEY);
    slot_publish(&p);
    return argument;
}
#endif

#ifdef TAKES
static void *takes(void *argument)
{
    struct party p = {.me = THIEF};

    take(&p, TAKES);
    return argument;
}
#endif

#ifdef READS
static void *reads(void *argument)
{
    look_up_one(LOOKED_UP, READS);
    return argument;
}
#endif

static void *lists(void *argument)
{
    uint64_t seen = load_acq(&words[MOVER]), key;

    if (STATE(seen) == LIVE && (seen & KEYED)) {
        key = load_rlx(&keys[MOVER]);
        atomic_thread_fence(memory_order_acquire);
        if (load_rlx(&words[MOVER]) == seen)
            assert(key == (uint64_t)KEY_OF(seen));
    }
    return argument;
}

static void *meets(void *argument)
{
    uint64_t seen = load_acq(&words[MOVER]);

    if ((STATE(seen) == PENDING || STATE(seen) == LIVE) && LIFE(seen) > 1)
        for (int i = 0; i < STEPS * CELLS; i++)
            if (load_acq(&cells[i]) == MOVER + 1)
                assert((seen & KEYED) && load_rlx(&keys[MOVER]) == (uint64_t)KEY_OF(seen));
    return argument;
}

#ifdef DEATHS
static void *sweeps(void *argument)
{
    struct party p = {.me = SWEEPER, .dies_at = SWEEPER_STOP};

    ended(SWEEPER, slot_sweep(&p, DEATHS, DEATHS));
    return argument;
}

static void come_late(void)
{
    struct party sweeper = {.me = LAST_SWEEPER}, late = {.me = LATE_ONE};

    /* What the sweeper has left, since it came too early or died. */
    slot_sweep(&sweeper, DEATHS, DEATHS);
    slot_sweep(&sweeper, DEATHS, SWEEPER);
    assert(result[DEATHS] != DIED || (STATE(words[DEATHS]) == FREE && places[DEATHS] == 0));
    assert(try_enter(&late, KEY) == 0);
    assert(look_up(KEY) >> LATE_ONE & 1);
}
#endif

/* ---- the whole ------------------------------------------------------------------------------ */

static void preset(void)
{
    index_reset();
#ifdef FULL
    for (int i = 0; i < CELLS; i++)
        cells[i] = ELSEWHERE + 1;
#endif
#ifdef MOVES
    index_preset(MOVER, LIVE, KEY, MOVER_STEP * CELLS);
#endif
#ifdef LEAVES
    index_preset(LEAVER, LIVE, KEY, STEPS * CELLS - 1);
#endif
}

static void verify(void)
{
#ifdef DEATHS
    come_late();
#endif
#if defined READS && LOOKED_UP != 0
    assert(result[LOOKED_UP] != 0 || look_up(READS) >> LOOKED_UP & 1);
#endif
    index_verify(ELSEWHERE);
#ifdef MOVES
    assert(result[MOVER] == DIED || (STATE(words[MOVER]) == LIVE && LIFE(words[MOVER]) > 1));
#endif
}

static void scenario(void)
{
    pthread_t threads[8];
    int count = 0;

    preset();
#ifdef MOVES
    start(&threads[count++], moves, 0);
#endif
#ifdef LEAVES
    start(&threads[count++], leaves, 0);
#endif
#ifdef TAKES
    start(&threads[count++], takes, 0);
#endif
#ifdef ENTERS_1
    start(&threads[count++], enters, 1);
#endif
#ifdef ENTERS_2
    start(&threads[count++], enters, 2);
#endif
#ifdef READS
    start(&threads[count++], reads, 0);
#endif
#ifdef LISTS
    start(&threads[count++], lists, 0);
#endif
#ifdef MEETS
    start(&threads[count++], meets, 0);
#endif
#ifdef DEATHS
    start(&threads[count++], sweeps, 0);
#endif
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], 0);
    verify();
    (void)enters, (void)lists, (void)meets, (void)take, (void)result;
}
