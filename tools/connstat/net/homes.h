/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * In which network namespace each worker of a segment lives, as far as this process can tell.
 */
#ifndef NET_HOMES_H
#define NET_HOMES_H

#include <connstat.h>

#include "net/netns.h"

struct home {
    pid_t pid;
    enum netns_place place;
    bool is_visible; /* /proc has it under this number */
    bool was_found;  /* a socket of one of its entries is in this network namespace */
};

struct homes {         /* starts as {0} */
    struct home *rows; /* by pid */
    size_t count, capacity;
    bool failed; /* there was no memory */
};

/* Look where the workers live. Returns 0 or a negative errno. */
int homes_find(struct homes *homes, connstat_t *cs);
void homes_free(struct homes *homes);

/* The worker of that number. NULL: it joined later. */
struct home *homes_of(const struct homes *homes, pid_t pid);

#endif
