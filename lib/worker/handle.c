/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "worker/handle.h"

#include "process/uncancelled.h"
#include "reaping/reaper.h"
#include "watch/watch.h"
#include "worker/worker.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- calls ----------------------------------------------------------------------------------- */

static _Thread_local struct call *innermost;

static uint32_t calls_of_thread(const connstat_t *cs)
{
    uint32_t count = 0;

    for (const struct call *call = innermost; call != NULL; call = call->outer)
        count += call->cs == cs && call->attachment != NULL;
    return count;
}

/* ---- an attachment less --------------------------------------------------------------------- */

/* Attachments whose last handle was closed inside a read-side section of the host's own, where a call
 * cannot wait for a grace period. They keep their mapping, and the worker its entries, until another
 * handle is closed outside of such a section. The list is changed under the process lock. */
static struct attachment *left_over;

static struct attachment *take_left_over(void)
{
    struct attachment *list;

    process_lock();
    list = left_over;
    left_over = NULL;
    process_unlock();
    return list;
}

static void leave_over(struct attachment *list)
{
    struct attachment *last = list;

    while (last->next != NULL)
        last = last->next;
    process_lock();
    last->next = left_over;
    left_over = list;
    process_unlock();
}

static void end_all(struct attachment *list)
{
    while (list != NULL) {
        struct attachment *next = list->next;

        (void)worker_leave(list);
        attachment_drop(list);
        list = next;
    }
}

/* Counts one handle of the attachment less. With the last one the process leaves the segment. */
static void put(struct attachment *a)
{
    if (!attachment_put(a))
        return;
    reaper_end(a);
    (void)worker_leave(a);
    a->next = take_left_over();
    /* No call can begin any more on these attachments: no handle leads to them. Wait for the calls that
     * have begun. */
    if (guard_wait())
        end_all(a);
    else
        leave_over(a);
}

/* ---- making one ----------------------------------------------------------------------------- */

/* A late call on a closed handle must still get an answer, so the memory of a handle is never freed. It is
 * used for a new handle when CLOSED_KEPT others have been closed after it. Under the process lock. */
enum { CLOSED_KEPT = 1000 };

static struct {
    connstat_t *oldest, *youngest;
    size_t count;
} closed;

static connstat_t *handles; /* all there ever were */

static connstat_t *take_closed(void)
{
    connstat_t *handle = closed.oldest;

    if (closed.count <= CLOSED_KEPT)
        return NULL;
    closed.oldest = handle->closed_next;
    closed.count--;
    return handle;
}

static void keep_closed(connstat_t *handle)
{
    handle->closed_next = NULL;
    if (closed.count++ == 0)
        closed.oldest = handle;
    else
        closed.youngest->closed_next = handle;
    closed.youngest = handle;
}

/* With the lock held. */
static connstat_t *handle_memory(void)
{
    connstat_t *handle = take_closed();

    if (handle != NULL) {
        free(handle->directory);
        handle->directory = NULL;
        return handle;
    }
    handle = calloc(1, sizeof(*handle));
    if (handle != NULL) {
        handle->older = handles;
        handles = handle;
    }
    return handle;
}

int handle_new(connstat_t **cs, const struct path *path, struct mapping *mapping)
{
    char *directory = strndup(path->file, path->directory_length);
    connstat_t *handle = NULL;
    struct attachment *a;
    int error = directory != NULL ? attachment_get(&a, mapping, path->file) : -ENOMEM;

    if (directory == NULL)
        mapping_close(mapping);
    if (error < 0) {
        free(directory);
        return error;
    }
    process_lock();
    handle = handle_memory();
    process_unlock();
    if (handle == NULL) {
        free(directory);
        put(a);
        return -ENOMEM;
    }
    handle->read_only = a->read_only;
    memcpy(handle->name, path->name, sizeof(handle->name));
    handle->directory = directory;
    atomic_store_explicit(&handle->attachment, a, memory_order_release);
    *cs = handle;
    return 0;
}

/* ---- closing -------------------------------------------------------------------------------- */

static void wait_for_calls(connstat_t *cs)
{
    uint32_t calls;

    /* seq_cst, with handle_drop, which lowers the count and then looks whether the handle is closed. We
     * have closed the handle and now look at the count. So at least one of the two sees the other:
     * we see the count at 0, or the last call sees that it has to wake us. */
    while ((calls = atomic_load_explicit(&cs->calls, memory_order_seq_cst)) != 0)
        (void)syscall(SYS_futex, &cs->calls, FUTEX_WAIT_PRIVATE, calls, NULL, NULL, 0);
}

void handle_close(connstat_t *cs)
{
    /* Of two threads that close a handle one gets the attachment. seq_cst: see wait_for_calls. */
    struct attachment *a = atomic_exchange_explicit(&cs->attachment, NULL, memory_order_seq_cst);

    if (a == NULL)
        return;
    (void)guard_wait(); /* calls in flight on this handle end before its attachment is put */
    wait_for_calls(cs);
    put(a);
    process_lock();
    keep_closed(cs);
    process_unlock();
}

/* ---- following a name ------------------------------------------------------------------------ */

/* Do the numbers of types that callers may have asked for mean the same types in the new segment? */
static bool keeps_numbers(const struct shape *seen, const struct shape *now)
{
    for (uint32_t t = 0; t < seen->type_count; t++)
        if (t >= now->type_count || strcmp(seen->types[t].name, now->types[t].name) != 0)
            return false;
    return true;
}

void handle_follow(connstat_t *cs, struct attachment *seen)
{
    MAPPING_ROOM(mapping);
    struct path path;
    struct attachment *a;

    path_make(&path, cs->directory, cs->name);
    if (mapping == NULL || file_open(mapping, &path, cs->read_only) < 0)
        return;
    if (file_is_retired(mapping) && !mapping->read_only)
        file_revive(mapping, &path);
    if ((mapping->segment.inode == seen->mapping.segment.inode &&
         mapping->segment.device == seen->mapping.segment.device) ||
        file_is_retired(mapping) ||
        (!cs->read_only &&
         !keeps_numbers(&seen->segment->geometry.shape, &mapping->segment.geometry.shape))) {
        mapping_close(mapping);
        return;
    }
    if (attachment_get(&a, mapping, path.file) < 0)
        return;
    /* Our own reference, until the reaper runs: another thread may close the handle meanwhile, and that
     * gives the handles' reference back. */
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
        handle_hold(cs, a);
        guard_leave();
        if (followed || is_current(a))
            return a;
        handle_follow(cs, a);
        handle_drop(cs, a);
    }
}

void handle_drop(connstat_t *cs, struct attachment *a)
{
    attachment_drop(a);
    /* seq_cst: with wait_for_calls */
    if (atomic_fetch_sub_explicit(&cs->calls, 1, memory_order_seq_cst) == 1 &&
        atomic_load_explicit(&cs->attachment, memory_order_seq_cst) == NULL)
        (void)syscall(SYS_futex, &cs->calls, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static seldom void follow_name(connstat_t *cs)
{
    UNCANCELLED;
    struct attachment *a = handle_take(cs);

    if (a != NULL)
        handle_drop(cs, a);
}

struct attachment *handle_enter_reader(connstat_t *cs)
{
    struct attachment *a = handle_enter(cs);

    if (a == NULL || is_current(a))
        return a;
    guard_leave();
    follow_name(cs);
    return handle_enter(cs);
}

void call_begin(struct call *call, connstat_t *cs)
{
    *call = (struct call){.cs = cs, .outer = innermost, .cancel_state = uncancelled_begin()};
    call->attachment = handle_take(cs);
    innermost = call;
}

void call_end(struct call *call)
{
    innermost = call->outer;
    if (call->attachment != NULL)
        handle_drop(call->cs, call->attachment);
    uncancelled_end(&call->cancel_state);
}

bool call_is_inside(const connstat_t *cs)
{
    return calls_of_thread(cs) > 0;
}

/* ---- a child -------------------------------------------------------------------------------- */

/* Called in a child, with the process lock held: gives up what only the parent has (its watch, its reaper,
 * its records and seats). */
static void forget_parent(void)
{
    for (struct attachment *a = attachments_first(); a != NULL; a = a->next) {
        watch_free(a->watch);
        a->watch = NULL;
        reaper_after_fork(a);
        life_end(&a->life);         /* where no hook ran: after a raw clone */
        attachment_forget_seats(a); /* the parent's threads' */
        a->reaper_word = 0;
        a->resigned = 0;
        a->polled = false;
    }
}

/* Called in a child: only the thread that forked is here, so the calls of the parent's other threads will
 * never end. Counts those of this thread alone. */
static void forget_calls(void)
{
    for (connstat_t *handle = handles; handle != NULL; handle = handle->older)
        atomic_store_explicit(&handle->calls, calls_of_thread(handle), memory_order_relaxed);
}

/* Called in a child before fork returns there, whether or not the child ever calls the library. It closes the
 * descriptors of the parent's life locks: if it kept them, the parent would seem to live as long as the
 * child does. */
static void give_up_locks(void)
{
    for (struct attachment *a = attachments_first(); a != NULL; a = a->next)
        life_end(&a->life);
}

static void inside_fork(void)
{
    forget_calls();
    give_up_locks();
}

int handles_init(void)
{
    return process_init(inside_fork, forget_parent);
}

/* ---- the end of a process ------------------------------------------------------------------- */

static struct attachment *find_joined(void)
{
    for (struct attachment *a = attachments_first(); a != NULL; a = a->next)
        if (atomic_load_explicit(a->membership, memory_order_relaxed) != 0)
            return a;
    return NULL;
}

/* Called at a normal exit: leaves all segments, so that the entries go at once and count as closed. A child
 * that never joined has nothing to leave. */
__attribute__((destructor)) static void leave_all(void)
{
    struct attachment *a;
    bool left = true;

    if (attachments_first() == NULL)
        return;
    worker_refuse_joining();
    process_lock();
    /* An exit inside a read-side section of the host's own cannot leave; then it is a death like any
     * other. */
    while (left && (a = find_joined()) != NULL) {
        atomic_fetch_add_explicit(&a->references, 1, memory_order_relaxed);
        process_unlock();
        left = worker_leave(a) == 0;
        attachment_drop(a);
        process_lock();
    }
    process_unlock();
}
