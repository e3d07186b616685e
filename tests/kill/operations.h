/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The operations that are killed and stopped at their instructions. Each says what is in the segment
 * before it, and what it may change. The process that performs it is called the actor.
 */
#ifndef KILL_OPERATIONS_H
#define KILL_OPERATIONS_H

#include "step.h"
#include "world.h"

#define COLLEAGUES_ENTRIES 3

struct actor {
    struct world *world;
    const struct operation *operation;
    uint64_t serial; /* of its next entry; its metadata is made from it */
    connstat_id ids[CAPACITY + 1];
    int count;
};

enum owning { OWNS_NOTHING, OWNS_BEFORE, OWNS_AFTER };

struct operation {
    const char *name;
    int crowd;           /* how many entries of each type the judge registers */
    int parked;          /* how many of its first type it then unregisters, and so parks */
    bool had_key;        /* it registers and unregisters these once more, with a key */
    bool colleague;      /* there is a worker that died, and nobody has noticed yet */
    bool its_thread;     /* a thread of the colleague owned its entries */
    bool its_program;    /* the colleague kept its entries over execve, and ended with status 0 */
    bool wide;           /* the colleague had filled and emptied a table of several chunks */
    bool growing;        /* the tables can grow, and the colleague has made one grow */
    bool joined;         /* the actor is a worker before the operation begins */
    bool makes_segment;  /* there is no segment before */
    bool keyed;          /* the actor's entries have a key */
    enum owning own;     /* the actor's thread owns them, and has a record of its own */
    int entries, closed; /* how many the actor has registered, and unregistered again, before */
    int (*run)(struct actor *actor);
    int grows, shrinks; /* how many entries the operation may add and take away */
    int passing;        /* how many are counted in two types for a moment (a move) */
};

extern bool actors_keep; /* their entries over execve, where they have joined */
extern const struct operation operations[];
extern const size_t operation_count;

/* How many deaths the colleague's counts for, and how many entries are lost with it. */
int operation_deaths(const struct operation *operation);
uint64_t operation_losses(const struct operation *operation);

void operation_world(const struct operation *operation, struct world *world);
pid_t operation_start(const struct operation *operation, struct world *world, struct actor *actor,
                      uint64_t serial);

/* Can two actors perform the operation at once, so that each finds what it needs? */
bool operation_pairs(const struct operation *operation);

/* Performs the whole operation once, undisturbed, and notes its way (step.h). */
void operation_walk(const struct operation *operation, struct trace *trace);

#endif
