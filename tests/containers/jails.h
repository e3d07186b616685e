/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Workers in jails: ten of them, each the first process of a container, killed whole while others
 * look on.
 */
#ifndef TESTS_CONTAINERS_JAILS_H
#define TESTS_CONTAINERS_JAILS_H

#include "harness.h"

#include <sched.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

enum { CONTAINERS = 10, ENTRIES = 5 };

struct jail {
    int namespaces; /* of unshare(2) */
    bool without_proc, without_pidfds;
    bool closes_all;     /* the host closes every descriptor that it did not open */
    void (*enter)(void); /* NULL, or what else the worker does before anything */
};

void sleep_ms(long ms);

/* Ends the test where it cannot run. */
void skip_unless_root(void);

/* A worker of the segment "test" in a jail, with ENTRIES entries; arg is the jail. It pauses. */
void container(struct child *self, void *arg);

/* Looks again and again, until so many live. */
void comes_to(connstat_t *cs, uint64_t expected);

/* CONTAINERS of them live for every observer, also for one that looks for long, and are gone for every
 * observer once they were killed, without anybody reaping inside. */
void killed_whole(struct jail jail);

#endif
