/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What becomes of the entries that a holder had open when it ended: closed or lost.
 */
#ifndef SHM_FATE_H
#define SHM_FATE_H

#include "segment.h"

/* Did the holder end in order, so that what it had open counts as closed and not as lost? It left;
 * or it kept its entries over execve, and the program ended with status 0. word: the record's, of
 * this holder, or JOINING, of the next one, which settles what this one had open. */
static inline bool record_has_left(const struct segment *s, uint32_t index, uint64_t word)
{
    const struct record *record = segment_record(s, index);
    uint32_t incarnation = record_incarnation(word) - (record_state(word) == RECORD_JOINING);
    /* acquire, both: with write_identity's release */
    uint64_t flags = atomic_load_explicit(&record->flags, memory_order_acquire);

    if ((flags & (RECORD_LEFT | RECORD_KEEPS_ON_EXEC)) != RECORD_KEEPS_ON_EXEC)
        return flags & RECORD_LEFT;
    return atomic_load_explicit(&record->exit_status, memory_order_acquire) ==
           exit_status_word(incarnation & INCARNATION_MASK, CAUSE_EXITED, 0);
}

#endif
