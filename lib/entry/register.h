/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The steps of a registration that one with a key shares (register_key.c). All inside a guard
 * section.
 */
#ifndef LIB_REGISTER_H
#define LIB_REGISTER_H

#include "records/claim.h"
#include "slots/slot.h"
#include "worker/handle.h"
#include "worker/seat.h"

/* ---- entering a guard section with the thread's seat ---------------------------------------- */

/* Enter with the thread's seat; joins the segment if need be. A refusal is counted under type. On
 * failure no section is entered. */
int register_enter(connstat_t *cs, int type, struct seat **seat);

/* The seat at hand; NULL: there is none that is good, and no section was entered. */
static inline struct seat *register_enter_at_once(connstat_t *cs)
{
    struct attachment *a;
    struct seat *seat;

    if (unlikely(cs == NULL))
        return NULL;
    a = handle_enter(cs);
    if (unlikely(a == NULL))
        return NULL;
    seat = seat_at_hand(a->membership);
    if (likely(seat != NULL) && seat_is_ours(seat))
        return seat;
    guard_leave();
    return NULL;
}

/* Count a refusal and leave the section. Returns error. */
int register_leave_refused(struct seat *seat, int type, int error);

/* ---- claiming a slot ------------------------------------------------------------------------ */

/* Claims a slot when the thread has parked none. It looks in the taken map, then among the slots that others
 * have parked, then among those that dead workers had, and at last it makes the table grow. If there
 * is no slot, the claim's word is 0. */
struct claim register_search(struct seat *seat, struct lane *lane, uint64_t as);

/* Claims a slot. If this thread has parked one, it is taken: that touches no map, and no cache line that
 * others write. `as` is the new word without its generation. The slot's last entry may have left its
 * cell in the index of keys (slot_claim says how the word tells). */
static inline struct claim register_claim(struct seat *seat, struct lane *lane, uint64_t as)
{
    while (likely(lane_parked(lane) > 0)) {
        struct parked parked = lane->parked[lane->parked_out++ % PARKED_SLOTS];
        uint64_t word;

        /* No slot_touch: we owned it before, so its chunk is in our touched map. */
        if (likely(slot_claim(&lane->words[parked.slot], parked.word, as, &word)))
            return (struct claim){parked.slot, word};
    }
    return register_search(seat, lane, as);
}

/* Clears the cell that a claimed slot's last entry has left in the index of keys. Returns the slot's word
 * without the mark that told of it. */
uint64_t register_without_key(struct seat *seat, struct lane *lane, struct claim claim);

/* Before the first key of a type in this process: the memory of its index. Returns 0, -ENOSPC, ... */
int register_reserve_index(struct attachment *a, uint32_t type);

static inline connstat_id register_id(const struct seat *seat, const struct lane *lane,
                                      const struct claim *claim)
{
    return id_make(lane->id, claim->slot, seat->slot_shift,
                   id_salted(claim->word, seat->salt, seat->generation_mask));
}

/* Give back a slot of one's own that is RELEASING as word: its key is taken out of the index, and
 * it is parked where there is room. */
void register_give_back(struct seat *seat, uint32_t type, uint32_t slot, uint64_t word);

#endif
