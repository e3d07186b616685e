/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Every public function, to be called in a world where something happens to its caller, and what
 * must be true of the world afterwards.
 */
#ifndef TESTS_GUEST_WORLD_H
#define TESTS_GUEST_WORLD_H

#include "harness.h"

struct world {
    connstat_t *cs, *other, *read_only; /* other: not joined yet in this process */
    connstat_id id, keyed;              /* registered by this process; keyed: of type 2, key 7 */
    int socket;
    struct child worker; /* lives, with two entries, one with key 7 */
};

struct function {
    const char *name;
    void (*call)(struct world *world); /* whatever it returns */
};

extern const struct function functions[];
extern const size_t function_count;

/* Segments "test", with a living worker, a dead one that nobody has reaped, and a full type 8, and
 * "other". Children CHECK: for a process of its own. */
void world_begin(struct world *world);

/* Another thread and another process register, list, fork and reap, and connstat_check finds
 * nothing. */
void world_end(struct world *world);

#endif
