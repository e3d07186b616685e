/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tables that grow beside those who have not followed yet: shm/growth.h, lib/file/mapping.c. Sequentially
 * consistent; each store, load and compare-and-swap of the segment is a step.
 *
 * By default: two workers find a table of one slot full, reserve memory, publish the growth, follow
 * and claim, and may die after each step. A sweeper that mapped the table before it grew clears both
 * away: no slot of the dead is lost, no slot is used whose memory is not reserved.
 *   WRONG_FOLLOW_BEFORE_DEATH     the sweeper follows before the kernel says that the worker is dead
 *   WRONG_PUBLISH_BEFORE_MEMORY   the line is written before its memory is reserved
 *
 * With -DLIMIT: two registrations of one key under a limit of one. The second has made the table
 * grow, and has a slot that the first does not know. Never do both live.
 *   WRONG_SKIP_UNKNOWN   who is behind passes over the cell, instead of following first
 */
#ifndef LIMIT

#define SLOTS 3 /* one there at first, two in the part that is appended */
byte line;             /* of the growth log: 0 none yet */
bool reserved;          /* the part's memory is there */
byte owner[SLOTS];      /* worker + 1; 0: free */
bool touched_first[2];  /* of each worker: its chunk of the first slot, and of the others */
bool touched_others[2];
bool dead[2];           /* the kernel's word */

#define MAY_DIE(w) if :: true :: true -> goto dies fi

/* Whatever slot is free, from first to last. */
inline claim(w, first, last)
{
    i = first;
    do
    :: i <= last ->
        if
        :: atomic { owner[i] == 0 -> assert(i == 0 || reserved); owner[i] = w + 1 }; break
        :: owner[i] != 0 -> i++
        fi
    :: i > last -> break
    od
}

inline grow()
{
#ifdef WRONG_PUBLISH_BEFORE_MEMORY
    atomic { if :: line == 0 -> line = 1 :: else fi };
    MAY_DIE(self);
    reserved = true
#else
    reserved = true;
    MAY_DIE(self);
    atomic { if :: line == 0 -> line = 1 :: else fi }
#endif
}

proctype worker(byte self)
{
    byte i;
    MAY_DIE(self);
    touched_first[self] = true;
    MAY_DIE(self);
    claim(self, 0, 0);
    MAY_DIE(self);
    if
    :: line != 0 -> skip
    :: else -> grow()
    fi;
    MAY_DIE(self);
    touched_others[self] = true;
    MAY_DIE(self);
    claim(self, 1, SLOTS - 1);
dies:
    dead[self] = true
}

proctype sweeper()
{
    byte known, w, i;
    for (w : 0 .. 1) {
#ifdef WRONG_FOLLOW_BEFORE_DEATH
        known = line;
#endif
        dead[w];
#ifndef WRONG_FOLLOW_BEFORE_DEATH
        known = line;
#endif
        for (i : 0 .. SLOTS - 1) {
            if
            :: (i == 0 && touched_first[w]) || (i > 0 && known != 0 && touched_others[w]) ->
                atomic { if :: owner[i] == w + 1 -> owner[i] = 0 :: else fi }
            :: else
            fi
        };
        /* Its record is released: nobody looks for its slots again. */
        for (i : 0 .. SLOTS - 1) { assert(owner[i] != w + 1) }
    }
}

init { atomic { run worker(0); run worker(1); run sweeper() } }

#else

mtype = { free, pending, live, aborted, gone };
byte line;             /* of the growth log: 0 none yet */
byte cells[2];          /* of the key: slot + 1; 0 empty */
mtype word[2] = free;   /* of slot 0, which was there, and of slot 1, which came */

#define OTHER (1 - self)

proctype registrant(byte self)
{
    byte known = 1;     /* slots that this process knows */
    mtype seen;
    if
    :: self == 1 -> line = 1; known = 2
    :: else
    fi;
    cells[self] = self + 1;
    word[self] = pending;
decide:
    if
    :: cells[OTHER] == 0 -> goto goes_live
    :: else
    fi;
    if
    :: OTHER >= known ->
#ifdef WRONG_SKIP_UNKNOWN
        goto goes_live
#else
        known = 1 + line;
        assert(OTHER < known); /* the cell's release carries the line */
        goto decide
#endif
    :: else
    fi;
    seen = word[OTHER];
    if
    :: seen == live || (seen == pending && OTHER < self) -> goto withdraws
    :: seen == pending && OTHER > self ->
        atomic { if :: word[OTHER] == pending -> word[OTHER] = aborted :: else fi;
                 seen = word[OTHER] };
        if :: seen == live -> goto withdraws :: else fi
    :: else
    fi;
goes_live:
    atomic { if :: word[self] == pending -> word[self] = live; goto ends :: else fi };
withdraws:
    word[self] = gone;
    cells[self] = 0;
ends:
    assert(!(word[0] == live && word[1] == live))
}

init { atomic { run registrant(0); run registrant(1) } }

#endif
