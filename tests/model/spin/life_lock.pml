/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Who is joining, judged from another pid namespace, where its pid means nobody: by the life lock alone.
 * Two lives want one record; each may crash at any moment, and then the kernel drops its lock. Life 1
 * may have no right to the lock (NO_LOCK). One judge is in another namespace, and one in that of the lives
 * (NEAR), to whom the kernel tells the truth. shm/records/record.c, lib/os/life_lock.c,
 * lib/os/identity.c and lib/watch/watch.c are the code. Each WRONG_ macro is a tempting
 * simplification.
 */
mtype:life_state = {rfree, joining, alive, leaving, buried};

#define LIVES   2
#define NOBODY  LIVES
#ifdef NEAR
#define PARTIES (LIVES + 2)
#else
#define PARTIES (LIVES + 1)
#endif

typedef record_word { mtype:life_state state; byte incarnation; byte life; bool locked };

record_word record;
bool flag; /* RECORD_LOCKED: a predecessor's, until the holder writes it */
byte lock = NOBODY;
bool crashed[LIVES];
byte ended;

#define IS(seen)                                                                                   \
    (record.state == seen.state && record.incarnation == seen.incarnation)

proctype killer(byte life)
{
end:
    d_step {
        ended < PARTIES -> crashed[life] = true;
        if :: lock == life -> lock = NOBODY :: else fi
    }
}

/* ---- a life --------------------------------------------------------------------------------- */

inline take_lock()
{
    d_step {
        held = lock == NOBODY && may_lock;
        refused = lock != NOBODY && may_lock;
        if :: held -> lock = life :: else fi
    }
}

inline give_lock()
{
    d_step { if :: lock == life -> lock = NOBODY :: else fi }
}

inline claim()
{
    d_step {
        ok = record.state == rfree;
        if
        :: ok ->
            record.state = joining;
            record.incarnation++;
            record.life = life;
#if defined(WRONG_NO_TAG) || defined(WRONG_CLAIM_FIRST)
            record.locked = true;
#else
            record.locked = held;
#endif
            incarnation = record.incarnation
        :: else
        fi
    }
}

/* What it writes while JOINING must not meet the record's next holder. */
#define IS_MINE (record.state == joining && record.incarnation == incarnation)

inline try_join(share)
{
    ok = false;
    if
    :: record.state == rfree ->
#ifndef WRONG_CLAIM_FIRST
        take_lock();
#endif
        if
        :: refused && !share
        :: else ->
            claim();
            if
            :: !ok -> give_lock()
            :: else ->
#ifdef WRONG_CLAIM_FIRST
                take_lock();
#endif
                d_step { assert(IS_MINE); flag = false };
                if :: !held -> take_lock() :: else fi;
                d_step { assert(IS_MINE); flag = held };
                d_step { assert(IS_MINE); record.state = alive }
            fi
        fi
    :: else
    fi;
    refused = false
}

inline leave()
{
    record.state = leaving;
    give_lock();
    d_step { /* or somebody has released it, whom the lock told that nothing is left */
        if
        :: record.state == leaving && record.incarnation == incarnation -> record.state = rfree
        :: else
        fi
    }
}

proctype worker(byte life; bool may_lock)
{
    bool ok, held, refused;
    byte incarnation;

    {
        try_join(false);
        if :: !ok -> try_join(true) :: else fi;
        if
        :: ok -> leave();
#ifdef AGAIN
                 if :: life == 0 -> try_join(true) :: else fi
#endif
        :: true /* it lives on */
        fi
    } unless { crashed[life] };
    atomic { ended++; ok = false; held = false; refused = false; incarnation = 0 }
}

/* ---- a judge -------------------------------------------------------------------------------- */

#ifdef WRONG_STALE_FLAG
#define SHOWS_BY_LOCK flag
#else
#define SHOWS_BY_LOCK (seen.state == joining -> seen.locked : flag)
#endif

inline look_at_word()
{
    d_step {
        seen.state = record.state;
        seen.incarnation = record.incarnation;
        seen.life = record.life;
        seen.locked = record.locked
    }
}

/* Nobody but the dead is called dead. One that is leaving and has given its lock back has nothing left,
 * and may be released by anybody. */
inline bury()
{
    d_step {
        if
        :: IS(seen) ->
            assert(seen.state == leaving || crashed[seen.life]);
            record.state = buried
        :: else
        fi
    };
    d_step {
        if
        :: record.state == buried && record.incarnation == seen.incarnation -> record.state = rfree
        :: else
        fi
    }
}

inline judge_from_afar()
{
#ifdef WRONG_LOCK_BEFORE_WORD
    is_free = lock == NOBODY;
    look_at_word();
    shows = SHOWS_BY_LOCK;
#else
    look_at_word();
    shows = SHOWS_BY_LOCK;
    is_free = lock == NOBODY;
#endif
    if
    :: seen.state != rfree && shows && is_free -> bury()
    :: else
    fi
}

proctype far_judge()
{
    record_word seen;
    bool is_free, shows;

    judge_from_afar();
    atomic {
        ended++;
        seen.state = 0; seen.incarnation = 0; seen.life = 0; seen.locked = false;
        is_free = false; shows = false
    }
}

inline judge_nearby()
{
    look_at_word();
    if
    :: d_step { seen.state != rfree && crashed[seen.life] -> skip }; bury()
    :: else
    fi
}

proctype near_judge()
{
    record_word seen;

    judge_nearby();
    atomic {
        ended++;
        seen.state = 0; seen.incarnation = 0; seen.life = 0; seen.locked = false
    }
}

/* Afterwards nothing is left of the dead: not for one who has but the lock, unless the dead had none
 * while joining; and not at all in their own namespace. */
proctype last_judge()
{
    record_word seen;
    bool is_free, shows;

    (ended == PARTIES);
    atomic {
        judge_from_afar();
        if
        :: record.state == rfree
        :: else -> assert(!crashed[record.life] || !(record.state == joining -> record.locked : flag))
        fi;
        judge_nearby();
        assert(record.state == rfree || !crashed[record.life])
    }
}

init {
    atomic {
        record.state = rfree;
        flag = true;
        run worker(0, true);
#ifdef NO_LOCK
        run worker(1, false);
#else
        run worker(1, true);
#endif
        run far_judge();
#ifdef NEAR
        run near_judge();
#endif
#ifndef NOBODY_DIES
        run killer(0);
        run killer(1);
#endif
        run last_judge()
    }
}
