/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/attachment.h"

#include "os/watch.h"
#include "reaping/reaper.h"
#include "worker/seat.h"
#include "worker/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct attachment *attachments; /* under the process lock */

struct attachment *attachments_first(void)
{
    return attachments;
}

/* ---- attachments ---------------------------------------------------------------------------- */

static int attachment_new(struct attachment **made, struct mapping *mapping)
{
    struct attachment *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return -ENOMEM;
    a->mapping = *mapping;
    a->segment = &a->mapping.segment;
    a->read_only = mapping->read_only;
    a->id_salt = segment_header(a->segment)->id_salt;
    a->handles = 1;
    atomic_store_explicit(&a->references, 1, memory_order_relaxed);
    if (a->read_only) {
        a->hidden.words = calloc(a->segment->geometry.record_count, sizeof(a->hidden.words[0]));
        if (a->hidden.words == NULL) {
            free(a);
            return -ENOMEM;
        }
    }
    *made = a;
    return 0;
}

/* Publish a mapping as an attachment, or find the one that this process has of it already. The
 * mapping is taken over, or unmapped on failure and where it is not needed. */
static int attachment_get(struct attachment **got, struct mapping *mapping)
{
    struct attachment *a = NULL;
    int error;

    process_lock();
    if (!mapping->read_only)
        for (a = attachments; a != NULL; a = a->next)
            if (!a->read_only && a->mapping.inode == mapping->inode &&
                a->mapping.device == mapping->device)
                break;
    if (a != NULL) {
        a->handles++;
        process_unlock();
        file_unmap(mapping);
        *got = a;
        return 0;
    }
    error = attachment_new(&a, mapping);
    if (error == 0) {
        a->membership = process_cell_take();
        if (a->membership == NULL) {
            free((void *)a->hidden.words);
            free(a);
            error = -EMFILE;
        }
    }
    if (error == 0) {
        a->next = attachments;
        attachments = a;
        *got = a;
    }
    process_unlock();
    if (error < 0)
        file_unmap(mapping);
    return error;
}

void attachment_drop(struct attachment *a)
{
    /* acq_rel: every user's last access comes before the unmapping */
    if (atomic_fetch_sub_explicit(&a->references, 1, memory_order_acq_rel) != 1)
        return;
    /* Only now: a call in flight may sweep under the reaper's record, wait for the watch's lock,
     * look at the cell. */
    process_lock();
    worker_forget(a);
    process_cell_give(a->membership);
    process_unlock();
    watch_free(a->watch);
    file_unmap(&a->mapping);
    free((void *)a->hidden.words);
    free(a);
}

/* One handle less; the last one leaves the segment and takes the attachment out of the list. */
static void attachment_put(struct attachment *a)
{
    bool last;

    process_lock();
    last = --a->handles == 0;
    if (last) {
        struct attachment **link = &attachments;

        while (*link != a)
            link = &(*link)->next;
        *link = a->next;
    }
    process_unlock();
    if (!last)
        return;
    reaper_end(a);
    (void)worker_leave(a);
    /* Nobody can enter any more; wait for those who have. */
    if (!guard_wait())
        return; /* inside a host's own section: the mapping stays, which harms nobody */
    attachment_drop(a);
}

void attachments_after_fork(void)
{
    for (struct attachment *a = attachments; a != NULL; a = a->next) {
        watch_free(a->watch);
        a->watch = NULL;
        reaper_after_fork(a);
        seat_forget_all(a); /* the parent's threads'; idle ones are a page or two, once a fork */
        a->reaper_word = 0;
        a->polled = false;
    }
}

/* ---- handles -------------------------------------------------------------------------------- */

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

int connstat_open(connstat_t **cs, const char *name, unsigned flags)
{
    return connstat_open_at(cs, NULL, name, flags);
}

int connstat_open_at(connstat_t **cs, const char *directory, const char *name, unsigned flags)
{
    struct mapping mapping;
    struct path path;
    int error;

    if (cs == NULL || (flags & ~CONNSTAT_READ_ONLY) != 0)
        return -EINVAL;
    error = path_resolve(&path, directory, name);
    if (error == 0)
        error = process_init();
    if (error == 0)
        error = file_open(&mapping, &path, flags & CONNSTAT_READ_ONLY);
    if (error < 0)
        return error;
    return handle_new(cs, &path, &mapping);
}

void connstat_close(connstat_t *cs)
{
    struct attachment *a;

    if (cs == NULL)
        return;
    /* acq_rel: of two closers one gets it */
    a = atomic_exchange_explicit(&cs->attachment, NULL, memory_order_acq_rel);
    if (a == NULL)
        return;
    (void)guard_wait(); /* calls in flight on this handle end before its attachment is put */
    attachment_put(a);
    /* The handle itself is never given back: a late call answers -ENOTCONN. */
}

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
    if (atomic_compare_exchange_strong_explicit(&cs->attachment, &seen, a, memory_order_acq_rel,
                                                memory_order_relaxed)) {
        bool had_reaper = reaper_runs(seen);

        (void)guard_wait();
        attachment_put(seen);
        if (had_reaper)
            (void)connstat_reaper_start(cs);
    } else {
        attachment_put(a);
    }
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

/* ---- the end of a process ------------------------------------------------------------------- */

static struct attachment *find_joined(void)
{
    for (struct attachment *a = attachments; a != NULL; a = a->next)
        if (atomic_load_explicit(a->membership, memory_order_relaxed) != 0)
            return a;
    return NULL;
}

/* A normal exit frees at once. In a child that never joined there is nothing to do. */
__attribute__((destructor)) static void leave_all(void)
{
    struct attachment *a;
    bool left = true;

    if (attachments == NULL)
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
