/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A slot, the records of its owners, and the sweep, with crashes between any two steps: a killer
 * crashes each process that may crash, at any moment or never. A process that is stopped for ever
 * is one that the checker does not schedule any more: nothing here ever waits for another, so that
 * the others end (no invalid end state) and make progress (no non-progress cycle) without it.
 *
 * Two lives want record 0, one after the other or racing; a thief has record 1; two sweepers have
 * records 2 and 3, and sweeper 3 may crash (SAFE_SWEEPER: not). shm/slots/slot.h, shm/records/record.c,
 * shm/records/sweep.c, lib/reaping/reap.c, lib/register.c and lib/unregister.c are the code. Each WRONG_ macro is a
 * tempting simplification.
 */
mtype:life_state = {rfree, joining, alive, leaving, dead, buried};

#define RECORDS 4
#define LIVES 3 /* 0, 1: of record 0; 2: the thief */
#define SWEEPER_LIFE(me) (me + 1)
#define WORKERS 2 /* records 0 and 1 */

/* Who is there besides record 0's two lives (ONE_LIFE: one) and the sweeper that may crash. */
#ifdef THIEF
#define THIEVES 1
#else
#define THIEVES 0
#endif
#ifdef TWO_SWEEPERS
#define MORE_SWEEPERS 1
#else
#define MORE_SWEEPERS 0
#endif
#ifdef READER
#define READERS 1
#else
#define READERS 0
#endif
#ifdef ONE_LIFE
#define SECOND_LIVES 0
#else
#define SECOND_LIVES 1
#endif
#define PARTIES (2 + SECOND_LIVES + THIEVES + MORE_SWEEPERS + READERS)

typedef record_word { mtype:life_state state; byte incarnation; byte life };

record_word records[RECORDS];
bool in_live_map[RECORDS];
bool crashed[LIVES + 2]; /* what the kernel knows: of lives, then of sweepers */
byte obituaries[LIVES];
byte holder; /* ghost: the life that claimed the slot, + 1; sweepers: 0 */
byte ended;

#include "slot.pml"

/* The thief does not take again; with NO_RETAKE nobody does. */
#ifdef NO_RETAKE
#define RETAKES_NO_MORE(life) true
#else
#define RETAKES_NO_MORE(life) (life == 2)
#endif

/* The slot that one parked as w: a thief may have been quicker. */
inline take_again()
{
#ifdef WRONG_OWNER_BLIND
    d_step { slot.state = claimed; slot.owner = me; slot.generation = w.generation + 1;
             holder = life + 1; COPY(w, slot); ok = true }
#else
    slot_claim(w, me, life + 1, ok)
#endif
}

proctype killer(byte life)
{
end:
    d_step { ended < PARTIES -> crashed[life] = true }
}

/* ---- a worker's life ------------------------------------------------------------------------ */

inline join()
{
    d_step {
        ok = records[me].state == rfree;
        if
        :: ok -> records[me].state = joining;
                 records[me].incarnation++;
                 records[me].life = life;
                 incarnation = records[me].incarnation
        :: else
        fi
    }
    if
    :: ok ->
        in_live_map[me] = true;
        d_step {
            ok = records[me].state == joining && records[me].incarnation == incarnation;
            if :: ok -> records[me].state = alive :: else fi
        }
        assert(ok) /* only the dead are taken further by others */
    :: else
    fi
}

/* From the map, or another's. */
inline take()
{
    slot_load(w);
    if
    :: atomic { w.state == free -> slot_claim(w, me, life + 1, ok) };
        if :: atomic { ok -> taken = true } :: else fi
    :: atomic { w.state == parked ->
                assert(w.owner != me) }; /* what its last holder had is not there any more */
        slot_claim(w, me, life + 1, ok)
    :: atomic { else -> ok = false }
    fi
}

/* What is still mine, as the sweep below. */
inline leave()
{
    records[me].state = leaving;
    slot_load(w);
    if
    :: atomic { w.state != free && w.owner == me -> slot_become(w, releasing, me, ok) };
        if :: ok -> give_back() :: else /* a thief took it */ fi
    :: else
    fi;
    records[me].state = rfree
}

proctype worker(byte life; byte me)
{
    word w;
    bool ok, again = RETAKES_NO_MORE(life);
    byte incarnation;

    {
        join();
        if :: !ok -> goto over :: else fi;
        take();
registered:
        if :: ok -> fill(w, life + 1) :: else -> goto over_with fi;
progress_registered:
#ifdef WRONG_BIT_BEFORE_OWNING
        taken = false;
#endif
        if /* unregister: park it, or give it to everybody */
        :: slot_become(w, parked, me, ok);
           assert(ok);
           if
           :: !again -> again = true; take_again(); goto registered
           :: again -> goto over_with
           fi
        :: slot_become(w, releasing, me, ok); assert(ok); give_back()
        :: goto over /* it lives on */
        fi;
over_with:
        if :: leave() :: skip fi;
over:
        skip
    } unless { crashed[life] };
progress_over:
    atomic { ended++; forget_word(w); ok = false; again = false; incarnation = 0 }
}

/* ---- a sweeper ------------------------------------------------------------------------------ */

inline judge(victim)
{
    d_step {
        seen.state = records[victim].state;
        seen.incarnation = records[victim].incarnation;
        seen.life = records[victim].life
    }
    if
    :: d_step {
           seen.state != rfree && seen.state != dead && seen.state != buried &&
           crashed[seen.life] ->
           if
           :: records[victim].state == seen.state &&
              records[victim].incarnation == seen.incarnation ->
               records[victim].state = (seen.state == alive -> dead : buried)
           :: else
           fi
       }
    :: else
    fi;
    d_step { /* the ring of obituaries has a model of its own: obituary.c */
        if
        :: records[victim].state == dead ->
            obituaries[records[victim].life]++;
            records[victim].state = buried
        :: else
        fi;
        seen.state = records[victim].state;
        seen.incarnation = records[victim].incarnation;
        seen.life = records[victim].life
    }
#ifdef WRONG_SWEEPER_WAITS
    do :: records[victim].state == joining -> skip :: else -> break od
#endif
}

#define STILL_BURIED(victim) \
    (records[victim].state == buried && records[victim].incarnation == seen.incarnation)

/* Whatever state the word has, if it is the victim's. Not again where that fails: each change of
 * the word takes it from the dead, but for an abort under a limit, which is in key_index.pml. */
inline sweep_slot(victim)
{
#ifdef WRONG_RECORD_BEFORE_WORD
    ok = STILL_BURIED(victim);
    slot_load(w);
#else
    slot_load(w);
    ok = STILL_BURIED(victim);
#endif
    if
    :: ok && w.state != free && w.owner == victim ->
#ifdef WRONG_SWEEP_UNADOPTED
        taken = false;
        slot_become(w, free, 0, ok)
#else
        slot_become(w, releasing, me, ok);
        if
        :: ok ->
            /* only the dead are swept */
            assert(holder == 0 || crashed[holder - 1]);
            holder = 0;
            give_back()
        :: else
        fi
#endif
    :: else
    fi
}

inline sweep(victim)
{
    judge(victim);
    if
    :: seen.state != buried
    :: else ->
#ifdef WRONG_RELEASE_BEFORE_SWEEP
        records[victim].state = rfree;
#endif
        sweep_slot(victim);
        atomic {
            if
            :: STILL_BURIED(victim) -> records[victim].state = rfree
            :: else
            fi
        }
    fi
}

proctype sweeper(byte me)
{
    word w;
    record_word seen;
    bool ok;
    byte victim;

    {
        do
        :: victim < WORKERS -> sweep(victim); victim++
        :: else -> break
        od
    } unless { me == 3 && crashed[SWEEPER_LIFE(3)] };
progress_over:
    atomic {
        ended++;
        forget_word(w);
        seen.state = 0; seen.incarnation = 0; seen.life = 0;
        ok = false; victim = 0
    }
}

/* ---- a reader ------------------------------------------------------------------------------- */

proctype reader()
{
    word w;
    bool same, visible;
    byte shown, named;

    slot_load(w);
    if
    :: w.state == live ->
        shown = payload;
#ifdef WRONG_WORD_BEFORE_RECORD
        same = SAME(slot, w);
        d_step { visible = records[w.owner].state == alive; named = records[w.owner].life }
#else
        d_step { visible = records[w.owner].state == alive; named = records[w.owner].life }
        same = SAME(slot, w);
#endif
        assert(!(same && visible) || shown == named + 1)
    :: else
    fi;
progress_over:
    atomic { ended++; forget_word(w); same = false; visible = false; shown = 0; named = 0 }
}

/* ---- afterwards ----------------------------------------------------------------------------- */

/* One that nobody disturbs sweeps whatever the dead left: the sweeper first. */
proctype last_sweeper()
{
    word w;
    record_word seen;
    bool ok;
    byte victim, me = 2;

    (ended == PARTIES);
    atomic {
        if
        :: slot.state == releasing && slot.owner == 3 ->
            assert(crashed[SWEEPER_LIFE(3)]);
            slot_load(w);
            slot_become(w, releasing, me, ok);
            give_back()
        :: else
        fi;
        do
        :: victim < WORKERS -> sweep(victim); victim++
        :: else -> break
        od;
        assert(slot.state == free || slot.state == live || slot.state == parked);
        assert(taken == (slot.state != free));
        for (victim : 0 .. WORKERS - 1) {
            seen.state = records[victim].state;
            assert(seen.state == rfree || seen.state == alive);
            assert(seen.state != alive || in_live_map[victim])
        }
        assert(slot.state == free || records[slot.owner].state == alive);
        assert(slot.state == free || !crashed[records[slot.owner].life]);
        assert(obituaries[0] <= 1 && obituaries[1] <= 1 && obituaries[2] <= 1)
    }
}

init {
    atomic {
        slot.state = free;
        byte i;
        for (i : 0 .. RECORDS - 1) {
            records[i].state = rfree
        }
        run worker(0, 0);
        run sweeper(3);
#ifndef ONE_LIFE
        run worker(1, 0);
#endif
#ifdef THIEF
        run worker(2, 1);
#endif
#ifdef TWO_SWEEPERS
        run sweeper(2);
#endif
#ifdef READER
        run reader();
#endif
#ifndef NOBODY_DIES
        run killer(0);
#ifndef ONE_LIFE
        run killer(1);
#endif
#ifdef THIEF
        run killer(2);
#endif
#ifndef SAFE_SWEEPER
        run killer(SWEEPER_LIFE(3));
#endif
#endif
        run last_sweeper()
    }
}
