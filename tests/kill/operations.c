/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "operations.h"

#include <errno.h>
#include <unistd.h>

#define FIRST_SERIAL UINT64_C(24000007)

bool actors_keep;

static int run_join(struct actor *actor)
{
    return connstat_join(actor->world->cs, "victim");
}

static int run_register(struct actor *actor)
{
    return enter(actor->world->cs, 0, actor->serial++, &actor->ids[actor->count]);
}

static int run_register_full(struct actor *actor)
{
    return run_register(actor) == -ENOSPC ? 0 : -EPROTO;
}

static int run_resize(struct actor *actor)
{
    return connstat_resize(actor->world->cs, 0, MAXIMUM);
}

static int run_unregister(struct actor *actor)
{
    return connstat_unregister(actor->world->cs, actor->ids[actor->count - 1]);
}

static int run_update(struct actor *actor)
{
    return change(actor->world->cs, actor->ids[actor->count - 1], actor->serial++);
}

static int run_update_again(struct actor *actor)
{
    int error = run_update(actor);

    return error != 0 ? error : run_update(actor);
}

static int run_touch(struct actor *actor)
{
    return connstat_touch(actor->world->cs, actor->ids[actor->count - 1]);
}

static int run_move(struct actor *actor)
{
    return move_to(actor->world->cs, &actor->ids[actor->count - 1], 1, actor->serial++);
}

static int run_move_as_it_is(struct actor *actor)
{
    return connstat_move(actor->world->cs, &actor->ids[actor->count - 1], 1, NULL, 0);
}

static int run_own(struct actor *actor)
{
    return connstat_own_by_thread(actor->world->cs, true);
}

/* Registers the third entry of a key under a limit of three. */
static int run_register_key(struct actor *actor)
{
    return enter_key(actor->world->cs, 0, actor->serial++, 3, &actor->ids[actor->count]);
}

static int run_register_key_refused(struct actor *actor)
{
    return enter_key(actor->world->cs, 0, actor->serial++, 2, &actor->ids[actor->count]) == -EDQUOT
               ? 0
               : -EPROTO;
}

static int run_leave(struct actor *actor)
{
    return connstat_leave(actor->world->cs);
}

static int run_close(struct actor *actor)
{
    connstat_close(actor->world->cs);
    return 0;
}

static int run_reap(struct actor *actor)
{
    int reaped = connstat_reap(actor->world->cs);

    return reaped >= 0 && reaped <= operation_deaths(actor->operation) ? 0 : -EPROTO;
}

static int run_create(struct actor *actor)
{
    world_make(actor->world, 0);
    return 0;
}

static int visit(const struct connstat_entry *entry, void *arg)
{
    *(int *)arg += entry->metadata_count == 3;
    return 0;
}

static int run_list(struct actor *actor)
{
    int whole = 0;

    return connstat_for_each(actor->world->cs, CONNSTAT_ANY_TYPE, visit, &whole) == whole ? 0
                                                                                          : -EPROTO;
}

const struct operation operations[] = {
    {.name = "join", .crowd = 2, .run = run_join},
    {.name = "register, first", .run = run_register, .grows = 1},
    {.name = "register, empty table", .joined = true, .run = run_register, .grows = 1},
    {.name = "register, crowded table",
     .crowd = 5,
     .joined = true,
     .run = run_register,
     .grows = 1},
    {.name = "register, full table", .crowd = 8, .joined = true, .run = run_register_full},
    {.name = "register, own parked slot",
     .crowd = 3,
     .joined = true,
     .entries = 2,
     .closed = 1,
     .run = run_register,
     .grows = 1},
    {.name = "register, another's parked slot",
     .crowd = 8,
     .parked = 2,
     .joined = true,
     .run = run_register,
     .grows = 1},
    {.name = "register, helping",
     .crowd = 5,
     .colleague = true,
     .joined = true,
     .run = run_register,
     .grows = 1},
    {.name = "unregister, parking",
     .crowd = 2,
     .joined = true,
     .entries = 2,
     .run = run_unregister,
     .shrinks = 1},
    {.name = "unregister, freeing",
     .joined = true,
     .entries = 6,
     .closed = 4,
     .run = run_unregister,
     .shrinks = 1},
    {.name = "leave",
     .crowd = 2,
     .joined = true,
     .entries = 3,
     .closed = 1,
     .run = run_leave,
     .shrinks = 2},
    {.name = "close",
     .crowd = 2,
     .joined = true,
     .entries = 3,
     .closed = 1,
     .run = run_close,
     .shrinks = 2},
    {.name = "reap", .crowd = 2, .colleague = true, .run = run_reap},
    {.name = "reap, as a worker",
     .crowd = 2,
     .colleague = true,
     .joined = true,
     .entries = 2,
     .run = run_reap},
    {.name = "register, first key",
     .crowd = 3,
     .joined = true,
     .run = run_register_key,
     .grows = 1},
    {.name = "register, key with a limit",
     .crowd = 3,
     .joined = true,
     .keyed = true,
     .entries = 2,
     .run = run_register_key,
     .grows = 1},
    {.name = "unregister, key",
     .crowd = 3,
     .joined = true,
     .keyed = true,
     .entries = 2,
     .run = run_unregister,
     .shrinks = 1},
    {.name = "list", .crowd = 2, .colleague = true, .run = run_list},
    {.name = "create", .makes_segment = true, .run = run_create},
    {.name = "own by thread",
     .crowd = 2,
     .joined = true,
     .own = OWNS_AFTER,
     .entries = 1,
     .run = run_own},
    {.name = "register, thread's own",
     .crowd = 2,
     .joined = true,
     .own = OWNS_BEFORE,
     .run = run_register,
     .grows = 1},
    {.name = "unregister, thread's own",
     .crowd = 2,
     .joined = true,
     .own = OWNS_BEFORE,
     .entries = 2,
     .run = run_unregister,
     .shrinks = 1},
    {.name = "leave, thread's own",
     .crowd = 2,
     .joined = true,
     .own = OWNS_BEFORE,
     .entries = 3,
     .closed = 1,
     .run = run_leave,
     .shrinks = 2},
    {.name = "reap, a dead thread's",
     .crowd = 2,
     .colleague = true,
     .its_thread = true,
     .run = run_reap},
    {.name = "reap, three chunks", .crowd = 2, .colleague = true, .wide = true, .run = run_reap},
    {.name = "register, key refused",
     .crowd = 3,
     .joined = true,
     .keyed = true,
     .entries = 2,
     .run = run_register_key_refused},
    {.name = "register, own slot that had a key",
     .crowd = 3,
     .joined = true,
     .keyed = true,
     .entries = 2,
     .closed = 1,
     .run = run_register,
     .grows = 1},
    {.name = "register with a key, own slot that had one",
     .crowd = 3,
     .joined = true,
     .keyed = true,
     .entries = 2,
     .closed = 1,
     .run = run_register_key,
     .grows = 1},
    {.name = "register, another's slot that had a key",
     .crowd = 8,
     .parked = 2,
     .had_key = true,
     .joined = true,
     .run = run_register,
     .grows = 1},
    {.name = "register with a key, another's slot that had one",
     .crowd = 8,
     .parked = 2,
     .had_key = true,
     .joined = true,
     .run = run_register_key,
     .grows = 1},
    {.name = "unregister, key, freeing",
     .joined = true,
     .keyed = true,
     .entries = 6,
     .closed = 4,
     .run = run_unregister,
     .shrinks = 1},
    {.name = "update", .crowd = 2, .joined = true, .entries = 2, .run = run_update},
    {.name = "update, again",
     .crowd = 2,
     .joined = true,
     .keyed = true,
     .entries = 2,
     .run = run_update_again},
    {.name = "update, thread's own",
     .crowd = 2,
     .joined = true,
     .own = OWNS_BEFORE,
     .entries = 2,
     .run = run_update},
    {.name = "touch", .crowd = 2, .joined = true, .entries = 2, .run = run_touch},
    {.name = "move", .crowd = 2, .joined = true, .entries = 2, .run = run_move, .passing = 1},
    {.name = "move, key",
     .crowd = 2,
     .joined = true,
     .keyed = true,
     .entries = 2,
     .run = run_move,
     .passing = 1},
    {.name = "move, with what it has",
     .crowd = 2,
     .joined = true,
     .entries = 2,
     .run = run_move_as_it_is,
     .passing = 1},
    {.name = "reap, a program that ended",
     .crowd = 2,
     .colleague = true,
     .its_program = true,
     .run = run_reap},
    {.name = "register, growing",
     .crowd = 8,
     .growing = true,
     .joined = true,
     .run = run_register,
     .grows = 1},
    {.name = "resize", .crowd = 2, .growing = true, .run = run_resize},
    {.name = "register, behind",
     .crowd = 8,
     .colleague = true,
     .growing = true,
     .joined = true,
     .run = run_register,
     .grows = 1},
    {.name = "reap, behind", .crowd = 8, .colleague = true, .growing = true, .run = run_reap},
    {.name = "list, behind", .crowd = 8, .colleague = true, .growing = true, .run = run_list},
    {.name = "register, key with a limit, behind",
     .crowd = 5,
     .colleague = true,
     .growing = true,
     .joined = true,
     .keyed = true,
     .entries = 2,
     .closed = 1,
     .run = run_register_key,
     .grows = 1},
};
const size_t operation_count = sizeof(operations) / sizeof(operations[0]);

/* ---- the stage ------------------------------------------------------------------------------ */

#define WIDE_ENTRIES 1100

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
