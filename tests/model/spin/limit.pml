/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How key_index.pml decides a limit: shm/keys/limit.c. Inlined into a racer.
 */
#ifndef SURVEYS
#define SURVEYS 3 /* of eight */
#endif
#ifdef WRONG_ONE_SURVEY
#undef SURVEYS
#define SURVEYS 1
#endif

/* All cells within the reach, but for one's own. */
inline walk(own)
{
    atomic { far = FAR(reach); i = 0 };
    do
    :: atomic { i <= far * CELLS + CELLS - 1 ->
                candidates[i] = (cells[i] == own + 1 -> 0 : cells[i]);
                i++ }
    :: atomic { else -> i = 0; far = 0; break }
    od
}

#define NEXT_CANDIDATE \
    do :: i < PLACES && candidates[i] == 0 -> i++ :: else -> break od

/* The slot and its generation, in digits of eight. */
#define DIGIT(slot, w) (GENERATION(w) << 3 * (slot))

/* A batch of candidates is looked for before it is judged: here all of them, or one (BY_CELL). */
#define NEXT_CELL \
    i <= far * CELLS + CELLS - 1 && candidates[i] == 0 -> \
        candidates[i] = (cells[i] == slot + 1 -> 0 : cells[i]); \
        i = (candidates[i] == 0 -> i + 1 : i)

/* What each is: it stands before us, or it is a rival, whose word is then kept, or nothing. */
inline survey()
{
#ifdef BY_CELL
    atomic { far = FAR(reach); i = 0 };
#else
    walk(slot);
#endif
    do
#ifdef BY_CELL
    :: atomic { i > far * CELLS + CELLS - 1 -> i = 0; far = 0; seen = 0; break }
    :: atomic { NEXT_CELL }
    :: atomic { i <= far * CELLS + CELLS - 1 && candidates[i] != 0 -> skip;
                seen = words[candidates[i] - 1];
                if :: !COUNTS(seen) -> candidates[i] = 0; seen = 0; i++ :: else fi };
#else
    :: atomic { NEXT_CANDIDATE;
                if
                :: i == PLACES -> i = 0; seen = 0; break
                :: else -> seen = words[candidates[i] - 1];
                           if :: !COUNTS(seen) -> candidates[i] = 0; seen = 0 :: else fi
                fi };
#endif
#ifdef WRONG_WAITS_FOR_RIVAL
       do :: seen != 0 && STATE(seen) == PENDING && i < place &&
             words[candidates[i] - 1] == seen -> skip
          :: else -> break
       od;
#endif
#ifndef WRONG_CELL_UNCHECKED
       /* after the word: it is the one that was entered here */
       atomic {
           if
           :: seen != 0 && cells[i] != candidates[i] -> candidates[i] = 0; seen = 0; i++
           :: else
           fi
       };
#endif
       if
       :: atomic { seen != 0 -> ok = keys[candidates[i] - 1] == KEY };
          atomic { ok = ok && records[OWNER(seen)] == R_ALIVE };
          atomic { if
                   :: words[candidates[i] - 1] != seen /* look again */
                   :: else ->
                       assert(!ok || keys[candidates[i] - 1] == KEY);
                       if
                       :: ok && STATE(seen) == PENDING && i > place -> rivals[i] = seen; left++
                       :: ok && !(STATE(seen) == PENDING && i > place) ->
                           standing++;
                           assert(GENERATION(seen) < 8);
                           digest = digest + DIGIT(candidates[i] - 1, seen);
                           candidates[i] = 0
                       :: !ok -> candidates[i] = 0
                       fi;
                       i++
                   fi }
       :: seen == 0
       fi
    od
}

#ifdef WRONG_ABORT_LOWEST
#define NEXT_RIVAL i = 0; do :: rivals[i] == 0 -> i++ :: else -> break od
#else
#define NEXT_RIVAL i = PLACES - 1; do :: rivals[i] == 0 -> i-- :: else -> break od
#endif
/* That rival, not whoever has its slot by now. */
#ifdef WRONG_ANY_GENERATION
#define WENT_LIVE (STATE(words[candidates[i] - 1]) == LIVE)
#else
#define WENT_LIVE (words[candidates[i] - 1] == BECOME(rivals[i], LIVE))
#endif

inline make_room()
{
#ifdef WRONG_NO_ABORT
    left = 0;
#endif
    do
    :: atomic { standing < LIMIT && left > 0 && standing + 1 + left > LIMIT ->
                NEXT_RIVAL;
                if
                :: words[candidates[i] - 1] == rivals[i] ->
                    words[candidates[i] - 1] = BECOME(rivals[i], ABORTED)
                :: else -> if :: WENT_LIVE -> standing++ :: else fi
                fi;
                rivals[i] = 0; candidates[i] = 0; left--; i = 0 }
    :: atomic { else -> break }
    od
}

inline forget_field()
{
    d_step {
        for (i : 0 .. PLACES - 1) { candidates[i] = 0; rivals[i] = 0 }
        i = 0; standing = 0; left = 0; seen = 0; digest = 0
    }
}

/* ok: there is a place. At once, where all that live or ask are no more than the limit. Else not
 * without two surveys in a row that found the same in the way, and so stood all at one moment; or
 * after the last. */
inline find_place()
{
#ifdef NO_COUNT /* for the size of a search */
    counted = true;
#endif
    do /* counted: the count is done; a survey is one, and shows more */
    :: survey();
       if
       :: atomic { !counted -> ok = standing + left < LIMIT; digest = 0 }
       :: atomic { counted && standing < LIMIT -> skip };
          make_room();
          atomic { ok = standing < LIMIT; digest = 0 }
       :: atomic { counted && standing >= LIMIT ->
#ifdef WRONG_ONE_SURVEY
                   in_the_way = digest;
#endif
                   ok = false }
       fi;
       atomic {
           if :: counted -> surveys++ :: else fi;
           counted = true;
           if
           :: ok -> forget_field(); break
           :: !ok && digest != 0 && digest == in_the_way ->
               assert(filled >> me & 1);
               forget_field();
               break
           :: else -> in_the_way = digest; forget_field();
                      if :: surveys == SURVEYS -> break :: else fi
           fi
       }
    od;
    atomic { surveys = 0; in_the_way = 0; counted = false }
}

/* Only now do others see it: its cell is there, within the reach. */
inline ask()
{
    d_step {
        assert(words[slot] == mine);
        mine = BECOME(mine, PENDING);
        words[slot] = mine;
        note_filled()
    }
}

/* A store: whoever aborts us meanwhile finds another word and lets be. */
inline withdraw()
{
    d_step { refused++; mine = BECOME(mine, RELEASING); words[slot] = mine };
    remove(slot, me);
    words[slot] = WORD(PARKED, me, 0, GENERATION(mine))
}
