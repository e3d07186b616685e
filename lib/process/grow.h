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

/* By a reaper: tables that are nearly full grow before anybody has to wait for it, and what has
 * grown gets huge pages. */
void grow_ahead(struct attachment *a);

#endif
