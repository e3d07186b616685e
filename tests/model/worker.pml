/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A slot, the records of its owners, and the sweep, with crashes between any two steps. A process
 * that is stopped for ever is one that the checker does not schedule any more: nothing here ever
 * blocks, so that the others end (no invalid end state) and make progress without it.
 *
 * Two lives want record 0, one after the other or racing; a thief has record 1; two sweepers have
 * records 2 and 3, and sweeper 3 may crash. shm/slot.h, shm/record.c, shm/sweep.c and lib/reap.c
 * are the code. Each WRONG_ macro is a tempting simplification.
 */
mtype = {free, claimed, live, releasing, parked};
mtype:life_state = {rfree, joining, alive, leaving, dead, buried};

#define RECORDS 4
#define LIVES 3 /* 0, 1: of record 0; 2: the thief */

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

/* A word is what one compare-and-swap compares. */
typedef word { mtype state; byte owner; byte generation };
typedef record_word { mtype:life_state state; byte incarnation; byte life };

word slot;
bool may_be_free = true;
byte payload; /* the life that wrote it, + 1 */
record_word records[RECORDS];
bool in_live_map[RECORDS];
bool crashed[RECORDS + LIVES]; /* what the kernel knows: of lives, then of sweepers */
byte obituaries[LIVES];
byte holder; /* ghost: the life that claimed the slot, + 1; sweepers: 0 */
byte ended;

#define SAME(a, b) (a.state == b.state && a.owner == b.owner && a.generation == b.generation)

inline slot_load(w) { d_step { w.state = slot.state; w.owner = slot.owner;
                               w.generation = slot.generation } }

inline slot_cas(w, new_state, new_owner, bump, ok)
{
    d_step {
        ok = SAME(slot, w);
        if
        :: ok -> slot.state = new_state; slot.owner = new_owner;
                 slot.generation = slot.generation + bump;
                 w.state = slot.state; w.owner = slot.owner; w.generation = slot.generation
        :: else
        fi
    }
}

/* ---- a worker's life ------------------------------------------------------------------------ */

#define MAY_CRASH if :: crashed[life] = true; goto end :: skip fi

inline give_back()
{
#ifdef WRONG_BIT_AFTER_FREE
    d_step { slot.state = free; slot.owner = 0; holder = 0 };
    may_be_free = true
#else
    may_be_free = true;
    d_step { slot.state = free; slot.owner = 0; holder = 0 }
#endif
}

proctype worker(byte life; byte me)
{
    word w;
    bool ok;
    byte incarnation;

    /* join */
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
    if :: !ok -> goto end :: else fi;
    MAY_CRASH;
    in_live_map[me] = true;
    MAY_CRASH;
    d_step {
        ok = records[me].state == joining && records[me].incarnation == incarnation;
        if :: ok -> records[me].state = alive :: else fi
    }
    assert(ok); /* only the dead are taken further by others */
    MAY_CRASH;

    /* register: from the map, or another's parked slot */
    slot_load(w);
    if
    :: w.state == free ->
        slot_cas(w, claimed, me, 1, ok);
        if :: ok -> holder = life + 1 :: else -> goto leave fi;
        MAY_CRASH;
        may_be_free = false
    :: w.state == parked ->
        slot_cas(w, claimed, me, 1, ok);
        if :: ok -> holder = life + 1 :: else -> goto leave fi
    :: else -> goto leave
    fi;
    MAY_CRASH;
    payload = life + 1;
    MAY_CRASH;
    assert(SAME(slot, w)); /* nobody touches what is mine */
    d_step { slot.state = live; w.state = live };
    MAY_CRASH;
    /* unregister: park it, or give it to everybody */
#ifdef WRONG_BIT_BEFORE_OWNING
    may_be_free = true;
    MAY_CRASH;
#endif
    if
    :: slot_cas(w, parked, me, 0, ok); assert(ok)
    :: slot_cas(w, releasing, me, 0, ok); assert(ok);
       MAY_CRASH;
       give_back()
    :: skip /* it stays */
    fi;
    MAY_CRASH;

leave:
    if
    :: records[me].state = leaving
    :: goto end /* it lives on */
    fi;
    MAY_CRASH;
    slot_load(w);
    if
    :: w.state != free && w.owner == me ->
        slot_cas(w, releasing, me, 0, ok);
        if
        :: ok -> MAY_CRASH; give_back()
        :: else /* a thief took it */
        fi
    :: else
    fi;
    MAY_CRASH;
    d_step { records[me].state = rfree };
end:
    ended++
}

/* ---- a sweeper ------------------------------------------------------------------------------ */

#define MAY_CRASH_SWEEPING if :: me == 3 -> crashed[me + 1] = true; goto end :: skip fi

inline sweep(victim)
{
    seen.state = records[victim].state;
    seen.incarnation = records[victim].incarnation;
    seen.life = records[victim].life;
    if
    :: seen.state != rfree && seen.state != dead && seen.state != buried &&
       crashed[seen.life] ->
        d_step {
            if
            :: records[victim].state == seen.state &&
               records[victim].incarnation == seen.incarnation ->
                records[victim].state = (seen.state == alive -> dead : buried)
            :: else
            fi
        }
    :: else
    fi;
    MAY_CRASH_SWEEPING;
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
    MAY_CRASH_SWEEPING;
    if
    :: seen.state != buried
    :: else ->
#ifdef WRONG_RELEASE_BEFORE_SWEEP
        records[victim].state = rfree;
#endif
#ifdef WRONG_RECORD_BEFORE_WORD
        ok = records[victim].state == buried &&
             records[victim].incarnation == seen.incarnation;
        slot_load(w);
#else
        slot_load(w);
        ok = records[victim].state == buried &&
             records[victim].incarnation == seen.incarnation;
#endif
        if
        :: ok && w.state != free && w.owner == victim ->
#ifdef WRONG_SWEEP_UNADOPTED
            may_be_free = true;
            slot_cas(w, free, 0, 0, ok)
#else
            slot_cas(w, releasing, me, 0, ok);
            if
            :: ok ->
                /* only the dead are swept */
                assert(holder == 0 || crashed[holder - 1]);
                holder = 0;
                MAY_CRASH_SWEEPING;
                give_back()
            :: else
            fi
#endif
        :: else
        fi;
        MAY_CRASH_SWEEPING;
        d_step {
            if
            :: records[victim].state == buried &&
               records[victim].incarnation == seen.incarnation -> records[victim].state = rfree
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

    sweep(0);
#ifdef THIEF
    sweep(1);
#endif
end:
    ended++
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
    ended++
}

/* ---- afterwards ----------------------------------------------------------------------------- */

/* One that nobody disturbs sweeps whatever the dead left. */
proctype last_sweeper()
{
    word w;
    record_word seen;
    bool ok;
    byte me = 2;

    (ended == PARTIES);
    if
    :: crashed[4] -> /* sweeper 3 died: what it had adopted is swept as anybody's */
        slot_load(w);
        if
        :: w.state == releasing && w.owner == 3 ->
            slot_cas(w, releasing, me, 0, ok);
            assert(ok);
            give_back()
        :: else
        fi
    :: else
    fi;
    sweep(0);
#ifdef THIEF
    sweep(1);
#endif
    assert(slot.state == free || slot.state == live || slot.state == parked);
    assert(may_be_free == (slot.state == free));
    assert(slot.state == free || !crashed[records[slot.owner].life]);
    assert(obituaries[0] <= 1 && obituaries[1] <= 1 && obituaries[2] <= 1);
    assert(records[0].state == rfree || records[0].state == alive);
    assert(records[0].state != alive || in_live_map[0]);
end:
    skip
}

init {
    atomic {
        slot.state = free;
        byte i;
        for (i : 0 .. RECORDS - 1) {
            records[i].state = rfree
        }
        run worker(0, 0);
#ifndef ONE_LIFE
        run worker(1, 0);
#endif
        run sweeper(3);
#ifdef THIEF
        run worker(2, 1);
#endif
#ifdef TWO_SWEEPERS
        run sweeper(2);
#endif
#ifdef READER
        run reader();
#endif
        run last_sweeper()
    }
}
