/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The steps of a registration that one with a key shares (register_key.c). All inside a guard
 * section.
 */
#ifndef LIB_REGISTER_H
#define LIB_REGISTER_H

#include "../shm/slot.h"
#include "seat.h"

#define cold __attribute__((noinline, cold))

/* Enter a guard section with the thread's seat, joining if need be. type is what a refusal is
 * counted under. On failure no section is entered. */
int register_enter(connstat_t *cs, int type, struct seat **seat);

/* Count a refusal and leave the section. Returns error. */
int register_leave_refused(struct seat *seat, int type, int error);

/* Take a slot; as: the word it gets, generation 0. Returns 0 or -ENOSPC. */
int register_claim(struct seat *seat, uint32_t type, uint64_t as, struct claim *claim);

/* Write the payload of a claimed slot. */
void register_fill(const struct seat *seat, uint32_t type, uint32_t slot, const void *metadata,
                   uint32_t size);

connstat_id register_id(const struct seat *seat, uint32_t type, const struct claim *claim);

/* Give back a slot of one's own that is RELEASING as word: its key is taken out of the index, and
 * it is parked where there is room. */
void register_give_back(struct seat *seat, uint32_t type, uint32_t slot, uint64_t word);

#endif
