/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "worker/handle.h"

#include "os/watch.h"
#include "reaping/reaper.h"
#include "worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- making one ----------------------------------------------------------------------------- */

/* A closed handle goes on answering, so its memory stays: not lost, though its owner forgot it. */
static void keep_for_ever(connstat_t *handle)
{
    static _Atomic(connstat_t *) youngest;

    handle->older = atomic_load_explicit(&youngest, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&youngest, &handle->older, handle,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

int handle_new(connstat_t **cs, const struct path *path, struct mapping *mapping)
{
    connstat_t *handle = calloc(1, sizeof(*handle) + strlen(path->directory) + 1);
    struct attachment *a;
    int error;

    if (handle == NULL) {
        file_unmap(mapping);
        return -ENOMEM;
    }
    handle->read_only = mapping->read_only;
    memcpy(handle->name, path->name, sizeof(handle->name));
    strcpy(handle->directory, path->directory);
    error = attachment_get(&a, mapping);
    if (error < 0) {
        free(handle);
        return error;
    }
    atomic_store_explicit(&handle->attachment, a, memory_order_release);
    keep_for_ever(handle);
    *cs = handle;
    return 0;
}

/* ---- closing -------------------------------------------------------------------------------- */

/* One handle less; the last one leaves the segment. */
static void put(struct attachment *a)
{
    if (!attachment_put(a))
        return;
    reaper_end(a);
    (void)worker_leave(a);
    /* Nobody can enter any more; wait for those who have. */
    if (!guard_wait())
        return; /* inside a host's own section: the mapping stays, which harms nobody */
    attachment_drop(a);
}

void handle_close(connstat_t *cs)
{
    struct attachment *a;

    /* acq_rel: of two closers one gets it */
    a = atomic_exchange_explicit(&cs->attachment, NULL, memory_order_acq_rel);
    if (a == NULL)
        return;
    (void)guard_wait(); /* calls in flight on this handle end before its attachment is put */
    put(a);
    /* The handle itself is never given back: a late call answers -ENOTCONN. */
}

/* ---- following a name ------------------------------------------------------------------------ */

void handle_follow(connstat_t *cs, struct attachment *seen)
{
    struct mapping mapping;
    struct path path;
    struct attachment *a;

    path_make(&path, cs->directory, cs->name);
    if (file_open(&mapping, &path, cs->read_only) < 0)
        return;
    if (file_is_retired(&mapping) && !mapping.read_only)
        file_revive(&mapping, &path);
    if ((mapping.inode == seen->mapping.inode && mapping.device == seen->mapping.device) ||
        file_is_retired(&mapping)) {
        file_unmap(&mapping);
        return;
    }
    if (attachment_get(&a, &mapping) < 0)
        return;
    /* Ours until the reaper runs: whoever closes the handle meanwhile puts its share. */
    atomic_fetch_add_explicit(&a->references, 1, memory_order_relaxed);
    if (atomic_compare_exchange_strong_explicit(&cs->attachment, &seen, a, memory_order_acq_rel,
                                                memory_order_relaxed)) {
        bool had_reaper = reaper_runs(seen);

        (void)guard_wait();
        put(seen);
        if (had_reaper)
            (void)reaper_start(a);
    } else {
        put(a);
    }
    attachment_drop(a);
}

static bool is_current(const struct attachment *a)
{
    return likely(!a->read_only || atomic_load_explicit(&segment_header(a->segment)->state,
                                                        memory_order_relaxed) == SEGMENT_READY);
}

struct attachment *handle_take(connstat_t *cs)
{
    for (bool followed = false;; followed = true) {
        struct attachment *a = cs == NULL ? NULL : handle_enter(cs);

        if (a == NULL)
            return NULL;
        atomic_fetch_add_explicit(&a->references, 1, memory_order_relaxed);
        guard_leave();
        if (followed || is_current(a))
            return a;
        handle_follow(cs, a);
        attachment_drop(a);
    }
}

struct attachment *handle_enter_reader(connstat_t *cs)
{
    struct attachment *a = handle_enter(cs);

    if (a == NULL || is_current(a))
        return a;
    guard_leave();
    a = handle_take(cs);
    if (a == NULL)
        return NULL;
    attachment_drop(a);
    return handle_enter(cs);
}

/* ---- a child -------------------------------------------------------------------------------- */

/* With the lock held: nothing that the parent's process had is ours. */
static void forget_parent(void)
{
    for (struct attachment *a = attachments_first(); a != NULL; a = a->next) {
        watch_free(a->watch);
        a->watch = NULL;
        reaper_after_fork(a);
        attachment_forget_seats(
            a); /* the parent's threads'; idle ones are a page or two, once a fork */
        a->reaper_word = 0;
        a->polled = false;
    }
}

int handles_init(void)
{
    return process_init(forget_parent);
}

/* ---- the end of a process ------------------------------------------------------------------- */

static struct attachment *find_joined(void)
{
    for (struct attachment *a = attachments_first(); a != NULL; a = a->next)
        if (atomic_load_explicit(a->membership, memory_order_relaxed) != 0)
            return a;
    return NULL;
}

/* A normal exit frees at once. In a child that never joined there is nothing to do. */
__attribute__((destructor)) static void leave_all(void)
{
    struct attachment *a;
    bool left = true;

    if (attachments_first() == NULL)
        return;
    worker_refuse_joining();
    process_lock();
    /* From within a section of the host's nobody can leave; then it is a death like any other. */
    while (left && (a = find_joined()) != NULL) {
        atomic_fetch_add_explicit(&a->references, 1, memory_order_relaxed);
        process_unlock();
        left = worker_leave(a) == 0;
        attachment_drop(a);
        process_lock();
    }
    process_unlock();
}
