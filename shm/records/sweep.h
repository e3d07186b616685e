/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sweeping: giving back the slots of a record that is LEAVING (its own holder does it) or BURIED
 * (any reaper does, several at once may). A sweeper adopts each slot under its own name before it
 * frees it, so one that dies in the middle is swept like anybody else.
 *
 * Only the slots that this process knows are looked at. So the caller has to follow the growth log before
 * it sweeps, and after the record was found dead: at that moment everything that its holder can have
 * claimed has been published. A sweeper that followed earlier could miss slots, and would release a
 * record whose slots nobody finds any more (tests/model).
 */
#ifndef SHM_SWEEP_H
#define SHM_SWEEP_H

#include "segment.h"

/* A sweep: of the slots of `record`, on behalf of the record `me`. */
struct broom {
    uint32_t record, me;
    uint64_t word; /* of `record` */
    uint64_t freed;
};

/* Free one slot, whatever its state, if it is the record's still. */
void sweep_slot(const struct segment *s, uint32_t type, uint32_t slot, struct broom *broom);

/* Call visit for each slot of the chunks in which record ever had one. */
typedef void (*slot_visit)(const struct segment *s, uint32_t type, uint32_t slot, void *arg);
void sweep_for_each(const struct segment *s, uint32_t record, slot_visit visit, void *arg);

/* Sweep record, which is LEAVING or BURIED as word, on behalf of the living record me; then
 * release it. Takes time in proportion to what the record's holder used.
 * Returns the number of slots freed. */
uint64_t sweep_record(const struct segment *s, uint32_t record, uint64_t word, uint32_t me,
                      uint64_t me_word);

/* Does what sweep_record does, but does not release the record: a holder that leaves gives its life lock back
 * after the sweep and before the release. */
uint64_t sweep_holdings(const struct segment *s, uint32_t record, uint64_t word, uint32_t me,
                        uint64_t me_word);

/* Releases record, which is BURIED as word, if it owns nothing that would have to be adopted. So a process
 * without a record of its own, and therefore unable to adopt, can win one when dead processes have
 * all. False: the record owns something. */
bool sweep_idle_record(const struct segment *s, uint32_t record, uint64_t word);

#endif
