/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The operations that are killed and stopped at every instruction, each with what stands before it.
 */
#ifndef KILL_OPERATIONS_H
#define KILL_OPERATIONS_H

#include "step.h"
#include "world.h"

#define COLLEAGUES_ENTRIES 3

struct actor {
    struct world *world;
    const struct operation *operation;
    uint64_t serial; /* of its next entry: other metadata each time */
    connstat_id ids[CAPACITY + 1];
    int count;
};

enum owning { OWNS_NOTHING, OWNS_BEFORE, OWNS_AFTER };

struct operation {
    const char *name;
    int crowd;           /* the judge's entries of each type */
    int parked;          /* of which it has unregistered so many of the first type */
    bool had_key;        /* and registered and unregistered them once more, with a key */
    bool colleague;      /* a dead worker is there that nobody has noticed yet */
    bool its_thread;     /* of which a thread owned its entries */
    bool its_program;    /* which kept its entries over execve, and ended with status 0 */
    bool wide;           /* and it had filled and emptied a table of several chunks */
    bool joined;         /* the actor is a worker before it starts */
    bool makes_segment;  /* there is none before */
    bool keyed;          /* the actor's entries have a key */
    enum owning own;     /* the actor's thread owns them, and has a record for it */
    int entries, closed; /* that the actor has registered and unregistered before */
    int (*run)(struct actor *actor);
    int grows, shrinks; /* how many entries it may add and take away */
    int passing;        /* how many it counts in two types on its way */
};

extern bool actors_keep; /* their entries over execve, where they have joined */
extern const struct operation operations[];
extern const size_t operation_count;

/* How many deaths the colleague's is, and how many entries are lost with it. */
int operation_deaths(const struct operation *operation);
uint64_t operation_losses(const struct operation *operation);

void operation_world(const struct operation *operation, struct world *world);
pid_t operation_start(const struct operation *operation, struct world *world, struct actor *actor,
                      uint64_t serial);

/* Is there room for two of it at once, without a third in their way? */
bool operation_pairs(const struct operation *operation);

/* The whole operation once, with nobody in its way. */
void operation_walk(const struct operation *operation, struct trace *trace);

#endif
