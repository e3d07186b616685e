/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "operations.h"

#include <errno.h>

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
