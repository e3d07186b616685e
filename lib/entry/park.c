/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "entry/park.h"

#include "entry/register.h"

void register_give_back(struct seat *seat, uint32_t type, uint32_t slot, uint64_t word)
{
    park_or_free(seat, &seat->lanes[type], type, slot, word);
}
