/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Tables that grow by themselves: when they are full, or ahead of that.
 */
#ifndef LIB_GROW_H
#define LIB_GROW_H

#include "process/attachment.h"

/* By one who found all `full` slots of a type taken. True: there are more now. */
bool grow_full_table(struct attachment *a, uint32_t type, uint32_t full);

/* After a slot was claimed from the taken map: is it time to see how full the table is? Slots are
 * claimed in order as a rule, so this is one claim in 32: often enough for all but the smallest
 * tables, which grow in no time. */
static inline bool grow_is_due(uint32_t slot)
{
    return slot % 32 == 31;
}

/* By who registers: once seven eighths of a table are in use, those who reap are woken, as by
 * somebody who joins, so that the table has grown before it is full. */
void grow_wake_reapers(struct attachment *a, uint32_t type, uint32_t capacity);

/* By a reaper: tables that are nearly full grow before anybody has to wait for it, and what has
 * grown gets huge pages. */
void grow_ahead(struct attachment *a);

#endif
