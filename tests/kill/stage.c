/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sets the stage for an operation: the world before it, the colleague that died in it, and the actor.
 */
#include "operations.h"

#define FIRST_SERIAL UINT64_C(24000007)
#define WIDE_ENTRIES 1100

bool actors_keep;

/* Fills a table and empties it again, but for one entry in each chunk. */
static bool fill_and_empty(connstat_t *cs)
{
    static connstat_id ids[WIDE_ENTRIES];

    for (int i = 0; i < WIDE_ENTRIES; i++)
        if (enter(cs, 0, (uint64_t)(3000 + i), &ids[i]) != 0)
            return false;
    for (int i = 0; i < WIDE_ENTRIES; i++)
        if (i % (WIDE_ENTRIES / COLLEAGUES_ENTRIES) != 100 && connstat_unregister(cs, ids[i]) != 0)
            return false;
    return true;
}

static int colleague_life(void *arg)
{
    struct actor *actor = arg;
    connstat_t *cs = actor->world->cs;
    connstat_id id;

    if (connstat_join(cs, "colleague") != 0)
        return 1;
    if (actor->operation->its_thread && connstat_own_by_thread(cs, true) != 0)
        return 1;
    if (actor->operation->its_program && connstat_keep_on_exec(cs, true) != 0)
        return 1;
    if (actor->operation->wide && !fill_and_empty(cs))
        return 1;
    for (uint64_t i = 0; i < COLLEAGUES_ENTRIES && !actor->operation->wide; i++)
        if ((actor->operation->keyed ? enter_key(cs, 0, 3000 + i, 0, &id)
                                     : enter(cs, 0, 3000 + i, &id)) != 0)
            return 1;
    bracket_begin();
    return 0;
}

int operation_deaths(const struct operation *operation)
{
    return operation->its_program ? 0 : operation->colleague + operation->its_thread;
}

uint64_t operation_losses(const struct operation *operation)
{
    return operation->colleague && !operation->its_program ? COLLEAGUES_ENTRIES : 0;
}

void operation_world(const struct operation *operation, struct world *world)
{
    struct actor colleague = {.world = world, .operation = operation};

    world->zombie = 0; /* world_make, which sets it otherwise, does not run if the actor creates */
    if (operation->makes_segment)
        return;
    if (operation->wide)
        world_make_wide(world, operation->crowd);
    else if (operation->growing)
        world_make_growing(world, operation->crowd);
    else
        world_make(world, operation->crowd);
    for (int i = 0; i < operation->parked; i++)
        require(connstat_unregister(world->cs, world->ids[i]) == 0);
    for (int i = 0; operation->had_key && i < operation->parked; i++)
        require(enter_key(world->cs, 0, 4000, 0, &world->ids[i]) == 0);
    for (int i = 0; operation->had_key && i < operation->parked; i++)
        require(connstat_unregister(world->cs, world->ids[i]) == 0);
    world->judges_count -= operation->parked;
    for (int i = 0; i < world->judges_count; i++) {
        world->judges[i] = world->judges[i + operation->parked];
        world->ids[i] = world->ids[i + operation->parked];
    }
    if (operation->colleague) {
        pid_t pid = child_start(colleague_life, &colleague);

        if (operation->its_program) {
            child_end(pid);
            world->zombie =
                pid; /* a reaper can learn how it ended only as long as it is a zombie */
        } else {
            child_kill(pid);
            child_bury(pid);
        }
    }
}

static int before(struct actor *actor)
{
    const struct operation *operation = actor->operation;
    uint32_t limit = operation->entries <= 3 ? 3 : 0;

    if (operation->joined && connstat_join(actor->world->cs, "victim") != 0)
        return 1;
    if (actors_keep && operation->joined && connstat_keep_on_exec(actor->world->cs, true) != 0)
        return 1;
    if (operation->own == OWNS_BEFORE && connstat_own_by_thread(actor->world->cs, true) != 0)
        return 1;
    for (int i = 0; i < operation->entries; i++)
        if ((operation->keyed
                 ? enter_key(actor->world->cs, 0, actor->serial++, limit,
                             &actor->ids[actor->count++])
                 : enter(actor->world->cs, 0, actor->serial++, &actor->ids[actor->count++])) != 0)
            return 2;
    for (int i = 0; i < operation->closed; i++)
        if (connstat_unregister(actor->world->cs, actor->ids[--actor->count]) != 0)
            return 3;
    return 0;
}

/* The life of the actor: what stands before the operation, then the operation in its bracket. Exits
 * with 0 if all went as it should; the entries that it still has go with it. */
static int actor_life(void *arg)
{
    struct actor *actor = arg;
    int error = before(actor);

    if (error != 0)
        return error;
    bracket_begin();
    error = actor->operation->run(actor);
    bracket_end();
    return error == 0 ? 0 : 4;
}

pid_t operation_start(const struct operation *operation, struct world *world, struct actor *actor,
                      uint64_t serial)
{
    /* Each actor writes other metadata, but of the same lengths, so that all of them take the same way
     * through the code. */
    *actor = (struct actor){
        .world = world, .operation = operation, .serial = FIRST_SERIAL + 24 * serial};
    return child_start(actor_life, actor);
}

bool operation_pairs(const struct operation *operation)
{
    int each = operation->entries > operation->entries - operation->closed + operation->grows
                   ? operation->entries
                   : operation->entries - operation->closed + operation->grows;

    return !operation->makes_segment && !operation->keyed &&
           (operation->growing || operation->crowd - operation->parked + 2 * each <= CAPACITY);
}

void operation_walk(const struct operation *operation, struct trace *trace)
{
    struct world world;
    struct actor actor;
    struct image image;
    pid_t child;

    operation_world(operation, &world);
    world_map(&image);
    child = operation_start(operation, &world, &actor, 0);
    child_trace(child, &image, trace);
    world_unmap(&image);
    require(child_finish(child) == 0);
    if (operation->makes_segment)
        require(connstat_open(&world.cs, NAME, 0) == 0);
    world_end(&world);
}
