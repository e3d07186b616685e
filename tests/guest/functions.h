/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Parts of the table of all functions (world.h).
 */
#ifndef TESTS_GUEST_FUNCTIONS_H
#define TESTS_GUEST_FUNCTIONS_H

#include "world.h"

enum { GROWING = 7, FULL = 8, CAPACITY = 64 }; /* types that are full; slots of each at first */

/* As the segments of the world are made. */
struct connstat_config world_config(void);

void call_fit(struct world *world);
void call_socket_cookie(struct world *world);
void call_first_register(struct world *world);
void call_register_more(struct world *world);
void call_register_encoded(struct world *world);
void call_register_growing(struct world *world);
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
