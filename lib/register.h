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

/* Find or make the thread's seat, following a replaced segment. On failure the section may have
 * been left: then *a is NULL. */
int register_seat(connstat_t *cs, struct attachment **a, struct seat **seat);

/* Take a slot; as: the word it gets, generation 0. Returns 0 or -ENOSPC. */
int register_claim(struct attachment *a, struct seat *seat, uint32_t type, uint64_t as,
                   struct claim *claim);

/* Write the payload of a claimed slot. */
void register_fill(const struct segment *s, uint32_t type, uint32_t slot, const void *metadata,
                   uint32_t size);

/* Give back a slot of one's own that is RELEASING as word: its key is taken out of the index, and
 * it is parked where there is room. */
void register_give_back(struct attachment *a, struct seat *seat, uint32_t type, uint32_t slot,
                        uint64_t word);

/* Take one's own entry with a key out. */
int register_retract_keyed(struct attachment *a, struct seat *seat, const struct id_parts *parts,
                           uint64_t live);

/* Count a refusal. Returns error. */
int register_refuse(struct attachment *a, int type, int error);

#endif
