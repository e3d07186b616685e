/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What key_index.pml has in its segment, how a slot is taken (shm/slots/slot.h), and how it
 * gets into the index and out of it (shm/keys/index.c). Inlined into processes that have the variables
 * named.
 */

/* A word: state 3 bits, owner 3, keyed 1, generation. FREE is 0 with no owner. */
#define FREE 0
#define CLAIMED 1
#define PENDING 2
#define LIVE 3
#define ABORTED 4
#define RELEASING 5
#define PARKED 6
#define WORD(state, owner, keyed, generation) \
    ((state) | (owner) << 3 | (keyed) << 6 | (generation) << 7)
#define STATE(w) ((w) & 7)
#define OWNER(w) ((w) >> 3 & 7)
#define KEYED(w) ((w) >> 6 & 1)
#define GENERATION(w) ((w) >> 7)
#define BECOME(w, state) ((w) - STATE(w) + (state))

/* The reach: far 2 bits, whether somebody looks whether it is too long, version. */
#define FAR(r) ((r) & 3)
#define SHRINKING 4
#define NEXT_REACH(r, far) ((((r) >> 3) + 1) << 3 | (far))

#define R_ALIVE 0
#define R_BURIED 1
#define R_SWEPT 2

#define OTHER_KEY 0
#define KEY 1
#define NO_KEY 2

short words[SLOTS];
byte cells[PLACES];  /* slot + 1 */
byte cell_of[SLOTS]; /* key slot: place + 1 */
bit keys[SLOTS];     /* key slot: the key of all this, or another, whose cells are elsewhere */
short reach;
byte records[RECORDS];
bool crashed[RECORDS];

/* Ghosts. */
byte ended;
byte refused;    /* living racers that were told of the limit */
byte departures; /* entries that left, and racers that died */
byte filled;     /* a bit each racer: since its cell was there, others filled the limit at once */

#define COUNTS(w) ((STATE(w) == LIVE || STATE(w) == PENDING) && KEYED(w))
#define OF_KEY(slot) (keys[slot] == KEY && records[OWNER(words[slot])] == R_ALIVE)
#define VISIBLE(slot) (STATE(words[slot]) == LIVE && KEYED(words[slot]) && OF_KEY(slot))
#define STANDS(slot) \
    (COUNTS(words[slot]) && OF_KEY(slot) && cell_of[slot] != 0 && \
     cells[cell_of[slot] - 1] == slot + 1)

inline swap(object, old, new, ok)
{
    d_step {
        ok = object == old;
        if :: ok -> object = new :: else fi
    }
}

inline count_visible(n)
{
    n = 0;
    i = 0;
    do
    :: i < SLOTS -> n = n + (VISIBLE(i) -> 1 : 0); i++
    :: else -> break
    od;
    i = 0
}

/* One more stands: for whom is the limit filled by others now? In a d_step. */
inline note_filled()
{
#if LIMIT > 0
    left = 0;
    for (i : 0 .. SLOTS - 1) { left = left + (STANDS(i) -> 1 : 0) }
    for (i : 0 .. SLOTS - 1) {
        if
        :: (STANDS(i) && left > LIMIT || STATE(words[i]) == ABORTED && left >= LIMIT) &&
           OWNER(words[i]) < RACERS ->
            filled = filled | 1 << OWNER(words[i])
        :: else
        fi
    }
    i = 0;
    left = 0
#else
    skip
#endif
}

/* ---- inserting ------------------------------------------------------------------------------ */

/* In order, the first bucket once more at the end. place: where it got in. */
inline insert()
{
    place = 0;
    do
    :: atomic { cells[place % PLACES] == 0 ->
#ifndef WRONG_CELL_NOTED_LATE
                cell_of[slot] = place % PLACES + 1
#endif
       };
       d_step {
           ok = cells[place % PLACES] == 0;
           if
           :: ok -> place = place % PLACES;
                    cells[place] = slot + 1
           :: else -> place++
           fi
       };
       if
       :: ok ->
#ifdef WRONG_CELL_NOTED_LATE
          cell_of[slot] = place + 1;
#endif
          break
       :: else
       fi
    :: atomic { cells[place % PLACES] != 0 -> place++; assert(place < PLACES + CELLS) }
    od
}

/* An exchange only where the reach is too short, or where somebody who may not have seen our cell
 * is about to shorten it. Not in the first bucket. */
#ifdef WRONG_MARK_UNSEEN
#define COVERS(r) (FAR(r) >= far)
#else
#define COVERS(r) (FAR(r) >= far && ((r) & SHRINKING) == 0)
#endif
inline cover()
{
#ifndef WRONG_UNCOVERED
    if
    :: atomic { place < CELLS }
    :: atomic { place >= CELLS -> seen = reach; far = place / CELLS };
       do
       :: atomic { COVERS(seen) -> break }
       :: d_step { !COVERS(seen) && reach == seen ->
                   if :: FAR(seen) > far -> far = FAR(seen) :: else fi;
                   reach = NEXT_REACH(seen, far) };
          break
       :: d_step { !COVERS(seen) && reach != seen -> seen = reach }
       od
    fi;
#endif
    atomic { seen = 0; far = 0 }
}

/* ---- removing ------------------------------------------------------------------------------- */

/* Take the reach back over empty buckets: mark it, look, exchange. Whoever dies in between leaves
 * the mark. */
inline shrink()
{
    atomic { seen = reach; far = FAR(seen); i = 0 };
    if
#ifdef WRONG_UNMARKED
    :: atomic { far > 0 -> ok = true }
#else
    :: atomic { far > 0 ->
                swap(reach, seen, NEXT_REACH(seen, far) | SHRINKING, ok);
                seen = NEXT_REACH(seen, far) | SHRINKING }
#endif
    :: atomic { far == 0 -> ok = false }
    fi;
    if
    :: atomic { ok -> skip };
       do
       :: atomic { far > 0 && cells[far * CELLS + i] == 0 ->
                   i++;
                   if :: i == CELLS -> far--; i = 0 :: else fi }
       :: atomic { far == 0 -> break }
       :: atomic { far > 0 && cells[far * CELLS + i] != 0 -> break }
       od;
#ifdef WRONG_SHRINK_UNVERSIONED
       atomic {
           if :: FAR(reach) == FAR(seen) -> reach = NEXT_REACH(reach, far) :: else fi
       }
#else
       atomic { swap(reach, seen, NEXT_REACH(seen, far), ok) }
#endif
    :: atomic { !ok }
    fi;
    atomic { seen = 0; far = 0; i = 0 }
}

/* By the holder of the slot. The code tries to shrink for one slot in eight. */
inline remove(slot, me)
{
    atomic { at = cell_of[slot] };
    if
    :: at == 0
    :: atomic { at != 0 && cells[at - 1] == slot + 1 -> skip };
       d_step {
           /* the slot's next holder has its cell for itself */
           assert(STATE(words[slot]) == FREE || OWNER(words[slot]) == me ||
                  crashed[OWNER(words[slot])]);
           cells[at - 1] = 0
       };
       if
       :: atomic { at > CELLS || FAR(reach) > 0 -> skip }; shrink()
       :: skip
       fi;
       cell_of[slot] = 0
    :: atomic { at != 0 && cells[at - 1] != slot + 1 -> cell_of[slot] = 0 }
    fi;
    at = 0
}

/* By one whose shard is shared or whose places for parked slots are full, or by a sweeper: to
 * everybody. */
inline give_back(slot, me)
{
#ifdef WRONG_FREE_BEFORE_CELL
    words[slot] = WORD(FREE, 0, 0, GENERATION(words[slot]));
    remove(slot, me)
#else
    remove(slot, me);
    words[slot] = WORD(FREE, 0, 0, GENERATION(words[slot]))
#endif
}

/* ---- taking --------------------------------------------------------------------------------- */

/* The assertion of it all: one more lives, and not one too many. Over PENDING an exchange, for a
 * rival may have aborted it; else a store. ok: it lives. */
inline go_live(key)
{
    d_step {
        ok = words[slot] == mine;
        assert(ok || STATE(mine) == PENDING);
        if
        :: ok -> mine = WORD(LIVE, me, key != NO_KEY, GENERATION(mine));
                 words[slot] = mine;
                 count_visible(standing);
                 assert(LIMIT == 0 || standing <= LIMIT)
        :: else
        fi;
        standing = 0
    }
}

/* Take a slot that is FREE or PARKED, for a key or none. mine is its word then: CLAIMED, or
 * RELEASING where it still had the cell of its last key. ok: it was had. */
inline take(slot, key)
{
    atomic { mine = words[slot];
             ok = STATE(mine) == FREE || STATE(mine) == PARKED };
    if
    :: ok ->
        atomic {
            seen = WORD((KEYED(mine) -> RELEASING : CLAIMED), me,
                        KEYED(mine) || key != NO_KEY, GENERATION(mine) + 1);
            swap(words[slot], mine, seen, ok);
            mine = seen;
            seen = 0
        }
    :: else
    fi;
#ifdef WRONG_LIVE_BEFORE_CLEARED
    if :: atomic { ok && key != KEY -> go_live(key) } :: atomic { !ok || key == KEY } fi;
#endif
#ifndef WRONG_CELL_INHERITED
    if
    :: atomic { ok && cell_of[slot] != 0 -> skip }; remove(slot, me); ok = true
    :: atomic { !(ok && cell_of[slot] != 0) }
    fi;
#endif
    if
    :: atomic { ok && key != NO_KEY -> keys[slot] = key }
    :: atomic { !(ok && key != NO_KEY) }
    fi
}

/* In a slot that is parked or free: its cell, if it has another key, is elsewhere. */
inline enter_something_else(key)
{
    take(slot, key);
#ifndef WRONG_LIVE_BEFORE_CLEARED
    if :: atomic { ok -> go_live(key) } :: atomic { !ok } fi
#endif
}
