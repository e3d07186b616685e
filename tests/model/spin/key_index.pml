/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The key index and the limit on a key: shm/keys/index.c, shm/keys/limit.c, lib/register_key.c, shm/records/sweep.c.
 * One key, one home of STEPS buckets of CELLS cells, SLOTS slots. Racers register under LIMIT (0:
 * none) and may unregister; an entry that was there before them (LEAVER) leaves; a looker counts;
 * sweepers sweep the dead. The first KILLED racers, with SWEEPER_DIES the first sweeper, and with
 * LEAVER_DIES the leaver crash between any two steps. Whoever is stopped for ever is scheduled no
 * more; nobody waits for him.
 *
 * Racers that UNREGISTER may park their slot with its cell, which its next taker clears: AGAIN for
 * the key, THEN_OTHER for another key, THEN_PLAIN for none. OLD_CELLS of the racers' slots are so
 * parked at the beginning. The leaver parks too (HAS_LEFT: has parked), and may take its slot for
 * LEAVER_THEN; with THIEF a racer may take it.
 *
 * Each load, store and compare-and-swap of the segment is a step. The slot's word itself and the
 * records are worker.pml's: here a record is alive, buried or swept, and nobody takes it again.
 */
#ifndef RACERS
#define RACERS 2
#endif
#ifndef SLOTS
#define SLOTS (RACERS + 1) /* the last is the leaver's */
#endif
#ifndef LIMIT
#define LIMIT 1
#endif
#ifndef CELLS
#define CELLS 2
#endif
#ifndef STEPS
#define STEPS 2
#endif
#define PLACES (CELLS * STEPS)

#ifdef LEAVER
#define LEAVERS 1
#else
#define LEAVERS 0
#endif
#ifdef LOOKER
#define LOOKERS 1
#else
#define LOOKERS 0
#endif
#ifndef KILLED
#define KILLED 0
#endif
#ifndef SWEEPERS
#define SWEEPERS 0
#endif
#ifdef LEAVER_DIES
#define VICTIMS (RACERS + 1)
#else
#define VICTIMS KILLED
#endif
#define PARTIES (RACERS + LEAVERS + LOOKERS + SWEEPERS)

/* Records: the racers', then the leaver's and two sweepers'. */
#define LEAVER_ID RACERS
#define SWEEPER_ID(n) (RACERS + 1 + n)
#define RECORDS (RACERS + 4)
#define LAST_SWEEPER_ID (RACERS + 3)

#include "index.pml"
#include "limit.pml"

/* ---- a racer -------------------------------------------------------------------------------- */

inline choose_slot()
{
    atomic {
        filled = filled & ~(1 << me);
        if
#ifdef THIEF
        :: STATE(words[SLOTS - 1]) == PARKED -> slot = SLOTS - 1
#endif
        :: slot = me % SLOTS
        fi
    }
}

/* Parked with the cell of its key, or given to everybody, or it stays. */
inline unregister()
{
    if
    :: d_step { assert(words[slot] == mine); departures++;
                words[slot] = BECOME(mine, PARKED) };
       ok = true
    :: d_step { assert(words[slot] == mine); departures++;
                words[slot] = BECOME(mine, RELEASING) };
       give_back(slot, me);
       ok = true
    :: ok = false
    fi
}

proctype racer(byte me)
{
    byte slot, place, at, i, far, standing, left, surveys;
    short mine, seen;
    int digest, in_the_way;
    bool ok, again, counted;
    byte candidates[PLACES];
    short rivals[PLACES];

    {
        skip;
begin:
        choose_slot();
        take(slot, KEY);
        if :: ok :: else -> goto over fi;
#ifdef WRONG_LIVE_FIRST
        go_live(KEY);
#endif
        insert();
        cover();
#if LIMIT > 0
        ask();
        find_place();
        if :: atomic { ok -> go_live(KEY) } :: atomic { !ok } fi;
        if
        :: !ok -> withdraw(); goto emptied
        :: ok
        fi;
#else
#ifndef WRONG_LIVE_FIRST
        go_live(KEY);
#endif
#endif
progress_registered:
#ifdef UNREGISTERS
        unregister();
        if :: ok :: else -> goto over fi;
#else
        goto over;
#endif
emptied:
#ifdef AGAIN
        if :: !again -> again = true; goto begin :: else fi;
#endif
#ifdef THEN_OTHER
        enter_something_else(OTHER_KEY);
#endif
#ifdef THEN_PLAIN
        enter_something_else(NO_KEY);
#endif
over:
        skip
    } unless { crashed[me] };
progress_over:
    atomic {
        forget_field();
        place = 0; at = 0; far = 0; mine = 0; ok = false; again = false; slot = 0;
        surveys = 0; in_the_way = 0; counted = false;
        filled = filled & ~(1 << me);
        ended++
    }
}

/* Crashes one, or nobody. */
proctype killer(byte id)
{
end:
    d_step {
        ended < PARTIES ->
        crashed[id] = true;
        if :: id < RACERS -> departures++ :: else fi
    }
}

/* An entry that was there before the others. */
proctype leaver()
{
    byte slot = SLOTS - 1, at, i, far, standing, me = LEAVER_ID;
    short mine, seen;
    bool ok;

    {
        mine = words[slot];
#ifndef HAS_LEFT
        if
        :: words[slot] = BECOME(mine, PARKED)
        :: words[slot] = BECOME(mine, RELEASING); give_back(slot, me)
        fi;
#endif
#ifdef LEAVER_THEN
        enter_something_else(LEAVER_THEN);
#endif
        skip
    } unless { crashed[LEAVER_ID] };
progress_over:
    atomic { at = 0; i = 0; far = 0; mine = 0; seen = 0; ok = false; ended++ }
}

/* ---- a sweeper ------------------------------------------------------------------------------ */

inline sweep_slot(slot, victim, me)
{
    mine = words[slot];
    do
    :: atomic { STATE(mine) != FREE && OWNER(mine) == victim -> ok = records[victim] == R_BURIED };
       if :: !ok -> break :: else fi;
#ifdef WRONG_SWEEP_UNADOPTED
       if :: KEYED(mine) -> remove(slot, me) :: else fi;
       swap(words[slot], mine, WORD(FREE, 0, 0, GENERATION(mine)), ok);
       break
#else
       swap(words[slot], mine, WORD(RELEASING, me, KEYED(mine), GENERATION(mine)), ok);
       if
       :: ok && KEYED(mine) -> give_back(slot, me); break
       :: ok && !KEYED(mine) -> words[slot] = WORD(FREE, 0, 0, GENERATION(mine)); break
       :: !ok ->
#ifdef WRONG_SWEEP_ONCE
          break
#else
          mine = words[slot] /* a rival aborted it: it is the victim's still */
#endif
       fi
#endif
    :: else -> break
    od;
    atomic { mine = 0 }
}

inline sweep(me)
{
    if
    :: atomic { records[victim] == R_ALIVE && crashed[victim] -> records[victim] = R_BURIED }
    :: else
    fi;
    if
    :: records[victim] == R_BURIED ->
        do
        :: slot < SLOTS -> sweep_slot(slot, victim, me); slot++
        :: else -> slot = 0; break
        od;
        atomic { records[victim] = R_SWEPT }
    :: else
    fi
}

proctype sweeper(byte me)
{
    byte victim, slot, at, i, far;
    short mine, seen;
    bool ok;

    {
        do
        :: victim < VICTIMS -> sweep(me); victim++
        :: else -> break
        od
    } unless { crashed[me] };
progress_over:
    atomic { victim = 0; slot = 0; at = 0; i = 0; far = 0; mine = 0; seen = 0; ok = false; ended++ }
}
/* ---- a looker ------------------------------------------------------------------------------- */

/* Whatever lives from before it begins until after it ends, it finds. */
proctype looker()
{
    byte i, far;
    short seen;
    bool ok;
    byte candidates[PLACES];
    short lived[SLOTS], counted[SLOTS];

    d_step {
        for (i : 0 .. SLOTS - 1) { lived[i] = (VISIBLE(i) -> words[i] : 0) }
        i = 0
    };
    walk(SLOTS);
    do
    :: atomic { NEXT_CANDIDATE;
                if
                :: i == PLACES -> i = 0; break
                :: else -> seen = words[candidates[i] - 1]
                fi };
#ifdef WRONG_CELL_ONCE
#define STILL_NAMED true
#else
#define STILL_NAMED cells[i] == candidates[i]
#endif
       /* after the word: it was entered here in this life */
       atomic {
           if
           :: STATE(seen) == LIVE && KEYED(seen) && STILL_NAMED
           :: else -> candidates[i] = 0; seen = 0; i++
           fi
       };
       if
       :: atomic { seen != 0 -> ok = keys[candidates[i] - 1] == KEY };
          atomic { ok = ok && records[OWNER(seen)] == R_ALIVE };
          atomic { if
                   :: words[candidates[i] - 1] != seen /* look again */
                   :: else ->
                       if
                       :: ok ->
                           assert(keys[candidates[i] - 1] == KEY);
                           assert(counted[candidates[i] - 1] != seen); /* once each */
                           counted[candidates[i] - 1] = seen
                       :: else
                       fi;
                       candidates[i] = 0;
                       i++
                   fi;
                   ok = false }
       :: atomic { seen == 0 }
       fi
    od;
progress_over:
    atomic {
        for (i : 0 .. SLOTS - 1) {
            assert(lived[i] == 0 || lived[i] != words[i] || !VISIBLE(i) || counted[i] == lived[i]);
            lived[i] = 0;
            counted[i] = 0
        }
        i = 0; far = 0; seen = 0; ok = false;
        ended++
    }
}

/* ---- afterwards ----------------------------------------------------------------------------- */

proctype last_sweeper()
{
    byte victim, slot, at, i, far;
    short mine, seen;
    bool ok;

    (ended == PARTIES);
    atomic {
        victim = RECORDS;
        do /* the sweepers first */
        :: victim > 0 -> victim--; sweep(LAST_SWEEPER_ID)
        :: else -> break
        od;
        for (slot : 0 .. SLOTS - 1) {
            assert(STATE(words[slot]) == FREE || STATE(words[slot]) == LIVE ||
                   STATE(words[slot]) == PARKED);
            assert(STATE(words[slot]) == FREE || !crashed[OWNER(words[slot])]);
            at = cell_of[slot];
            /* an entry of the key, or what is parked of one, has its cell within the reach, and
             * nothing else has one */
            if
            :: KEYED(words[slot]) && keys[slot] == KEY ->
                assert(at != 0 && cells[at - 1] == slot + 1 && (at - 1) / CELLS <= FAR(reach))
            :: else -> assert(at == 0)
            fi
        }
        for (slot : 0 .. PLACES - 1) {
            assert(cells[slot] == 0 || cell_of[cells[slot] - 1] == slot + 1)
        }
        count_visible(far);
        /* no place is left empty but for those who left or died */
        assert(LIMIT == 0 || refused == 0 || far + departures >= LIMIT)
    }
}

init {
    atomic {
        byte i;
#ifdef LEAVER
#ifndef LEAVER_PLACE
#define LEAVER_PLACE 0
#endif
#ifdef HAS_LEFT
        words[SLOTS - 1] = WORD(PARKED, LEAVER_ID, 1, 1);
#else
        words[SLOTS - 1] = WORD(LIVE, LEAVER_ID, 1, 1);
        departures = 1; /* it will, or die */
#endif
        cells[LEAVER_PLACE] = SLOTS;
        cell_of[SLOTS - 1] = LEAVER_PLACE + 1;
        keys[SLOTS - 1] = KEY;
        reach = LEAVER_PLACE / CELLS;
        run leaver();
#endif
#ifdef LOOKER
        run looker();
#endif
#ifdef OLD_CELLS
        for (i : 0 .. OLD_CELLS - 1) {
            words[i] = WORD(PARKED, i, 1, 1);
            cells[i] = i + 1;
            cell_of[i] = i + 1;
            keys[i] = KEY
        }
#endif
        for (i : 0 .. RACERS - 1) { run racer(i) }
#if SWEEPERS > 0
        for (i : 0 .. SWEEPERS - 1) { run sweeper(SWEEPER_ID(i)) }
#endif
#if KILLED > 0
        for (i : 0 .. KILLED - 1) { run killer(i) }
#ifdef SWEEPER_DIES
        run killer(SWEEPER_ID(0));
#endif
#endif
#ifdef LEAVER_DIES
        run killer(LEAVER_ID);
#endif
        run last_sweeper()
    }
}
