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
    uint64_t word; /* CLAIMED or PENDING by the claimer */
};

/* Take a free slot, walking the taken map from *hand, which is moved. When the map is full, take
 * one that another worker has parked. as: the word it gets, generation 0.
 * Returns 0, or -ENOSPC: every slot is taken. */
int claim_find(const struct segment *s, uint32_t type, uint64_t as, uint32_t *hand,
               struct claim *claim);

#endif
