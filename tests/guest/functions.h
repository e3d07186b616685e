/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Parts of the table of all functions (world.h).
 */
#ifndef TESTS_GUEST_FUNCTIONS_H
#define TESTS_GUEST_FUNCTIONS_H

#include "world.h"

enum { FULL = 8, CAPACITY = 64 }; /* the type that is full; slots of each */

void call_fit(struct world *world);
void call_socket_cookie(struct world *world);
void call_first_register(struct world *world);
void call_register_more(struct world *world);
void call_register_encoded(struct world *world);
void call_register_full(struct world *world);
void call_register_first_key(struct world *world);
void call_register_limited(struct world *world);
void call_register_key(struct world *world);
void call_register_at_its_limit(struct world *world);
void call_update(struct world *world);
void call_update_encoded(struct world *world);
void call_touch(struct world *world);
void call_move(struct world *world);
void call_move_to_full(struct world *world);
void call_move_with_first_key(struct world *world);
void call_unregister(struct world *world);
void call_unregister_stale(struct world *world);

#endif
