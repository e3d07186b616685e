/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The slot of worker.pml: its word, its map bit, and the steps of taking, filling, parking and
 * freeing it (shm/slots/slot.h, shm/records/claim.c). Sequentially consistent, so the fences of the code are no
 * steps; each store, load and compare-and-swap of the segment is one. Inlined into processes that
 * have the variables named; holder is the ghost of who has it.
 */
mtype = {free, claimed, live, releasing, parked};

/* A word is what one compare-and-swap compares. */
typedef word { mtype state; byte owner; byte generation };

word slot;
bool taken; /* and settled */
byte payload; /* the life that wrote it, + 1 */

#define SAME(a, b) (a.state == b.state && a.owner == b.owner && a.generation == b.generation)
#define COPY(to, from) \
    to.state = from.state; to.owner = from.owner; to.generation = from.generation

inline slot_load(w) { d_step { COPY(w, slot) } }

/* w becomes what was stored, or what was seen instead. who: the ghost of who holds it then. */
inline slot_swap(w, new_state, new_owner, bump, who, ok)
{
    d_step {
        ok = SAME(slot, w);
        if
        :: ok -> slot.state = new_state; slot.owner = new_owner;
                 slot.generation = slot.generation + bump;
                 holder = who
        :: else
        fi;
        COPY(w, slot)
    }
}

inline slot_claim(w, self, who, ok) { slot_swap(w, claimed, self, 1, who, ok) }
inline slot_become(w, new_state, new_owner, ok)
{
    slot_swap(w, new_state, new_owner, 0, holder, ok)
}

/* A process that is over keeps nothing that would tell states apart. */
inline forget_word(w) { d_step { w.state = 0; w.owner = 0; w.generation = 0 } }

inline give_back()
{
#ifdef WRONG_BIT_AFTER_FREE
    d_step { slot.state = free; slot.owner = 0; holder = 0 };
    taken = false
#else
    taken = false;
    d_step { slot.state = free; slot.owner = 0; holder = 0 }
#endif
}

/* From CLAIMED to LIVE. */
inline fill(w, who)
{
    payload = who;
    d_step {
        assert(SAME(slot, w)); /* nobody touches what is mine */
        slot.state = live;
        w.state = live
    }
}
