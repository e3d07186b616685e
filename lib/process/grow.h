/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tables that grow by themselves: when they are full, or ahead of that.
 */
#ifndef LIB_GROW_H
#define LIB_GROW_H

#include "process/attachment.h"

/* Called by a registration that found all `full` slots of the type taken. True: there are more now. */
bool grow_full_table(struct attachment *a, uint32_t type, uint32_t full);

/* Is it time to look how full the table is? Asked after `slot` was claimed from the taken map. As a rule
 * slots are claimed in order, so it is time at one claim in 32. That is often enough for all but the
 * smallest tables, and those grow in no time. */
static inline bool grow_is_due(uint32_t slot)
{
    return slot % 32 == 31;
}

/* Called by a registration. If seven eighths of the table are in use, it wakes those who reap, as a
 * joiner does, so that they make the table grow before it is full. */
void grow_wake_reapers(struct attachment *a, uint32_t type, uint32_t capacity);

/* Called by a reaper: makes tables that are nearly full grow, so that no registration has to do it, and
 * asks the kernel for huge pages for what has grown. */
void grow_ahead(struct attachment *a);

#endif
