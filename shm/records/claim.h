/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Finding a slot for a registration whose thread has parked none of its own.
 */
#ifndef SHM_CLAIM_H
#define SHM_CLAIM_H

#include "segment.h"

struct claim {
    uint32_t slot;
    uint64_t word; /* the slot's new word: CLAIMED or PENDING, by the record that took it */
};

/* Takes a free slot. It walks the taken map from *hand on, and moves *hand. as: the new word of the slot,
 * without its generation. Returns 0, or -ENOSPC: every slot that this process knows is taken or parked. */
int claim_find(const struct segment *s, uint32_t type, uint64_t as, uint32_t *hand,
               struct claim *claim);

/* Takes a slot that another worker has parked. Returns 0, or -ENOSPC: nobody has parked one. */
int claim_steal(const struct segment *s, uint32_t type, uint64_t as, struct claim *claim);

#endif
