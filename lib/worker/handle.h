/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Handles: what users of the library hold. A handle leads to an attachment, until it is closed.
 *
 * Inside a guard section a handle's attachment may be used freely (handle_enter). A longer call
 * takes a reference instead (struct call).
 */
#ifndef LIB_HANDLE_H
#define LIB_HANDLE_H

#include "process/attachment.h"

struct connstat {
    _Atomic(struct attachment *) attachment; /* NULL: closed */
    _Atomic uint32_t calls;                  /* handle_close waits until it is 0 */
    bool read_only;
    struct connstat *older; /* of all handles that this process ever had memory for */
    struct connstat *closed_next;
    char name[SEGMENT_NAME_BYTES];
    char *directory; /* stays as long as a late call may look at it: until the memory is reused */
};

/* Enter a guard section with the handle's attachment; NULL: closed, and nothing was entered. */
static inline struct attachment *handle_enter(connstat_t *cs)
{
    struct attachment *attachment;

    guard_enter();
    /* acquire, with the release that put the attachment into the handle: it is complete */
    attachment = atomic_load_explicit(&cs->attachment, memory_order_acquire);
    if (unlikely(attachment == NULL))
        guard_leave();
    return attachment;
}

/* Takes a reference to the handle's attachment, and counts a call on the handle (for CALL alone). If the handle
 * is read-only and its segment was replaced, it follows its name first. NULL: the handle is closed, or
 * there is none; then nothing was taken. */
struct attachment *handle_take(connstat_t *cs);
void handle_drop(connstat_t *cs, struct attachment *attachment);

/* The same from inside a guard section, which the caller leaves afterwards. */
static inline void handle_hold(connstat_t *cs, struct attachment *attachment)
{
    atomic_fetch_add_explicit(&attachment->references, 1, memory_order_relaxed);
    /* relaxed: we are in a guard section, and handle_close waits for the end of that before it looks at the
     * count. */
    atomic_fetch_add_explicit(&cs->calls, 1, memory_order_relaxed);
}

/* Does what handle_enter does, for a call that only reads: a read-only handle follows its name first. */
struct attachment *handle_enter_reader(connstat_t *cs);

/* Called before the first handle of this process is made. Returns 0 or -ENOMEM. */
int handles_init(void);

/* Makes a handle on a mapping. The handle takes the mapping over; on failure this unmaps it. */
int handle_new(connstat_t **cs, const struct path *path, struct mapping *mapping);

/* Closes a handle, if no other thread has done so already. It waits until the calls on the handle have ended,
 * so it must not be called from within one. */
void handle_close(connstat_t *cs);

/* If the name leads to another segment now, attach to that one. */
void handle_follow(connstat_t *cs, struct attachment *seen);

/* ---- calls ---------------------------------------------------------------------------------- *
 *
 * A call that is more than the hot path makes system calls, takes locks, or runs a visit of the
 * host's. While it lasts,
 *
 *   - its thread is not cancelled;
 *   - its handle's attachment stays, by a reference, without a guard section, so that a slow visit
 *     delays no grace period;
 *   - a thread that closes the handle waits for it.
 *
 * It ends with its block, also by a C++ exception or a pthread_exit out of a visit (the library is
 * compiled with -fexceptions).
 */

struct call {
    connstat_t *cs;
    struct attachment *attachment; /* NULL: the handle is closed, or none */
    struct call *outer;            /* of the same thread: we are inside a visit of it */
    int cancel_state;
};

/* A declaration; cs may be NULL. */
#define CALL(call, handle)                                                                         \
    __attribute__((cleanup(call_end))) struct call call;                                           \
    call_begin(&call, handle)

/* The handle's attachment; a read-only handle whose segment was replaced follows its name first. */
void call_begin(struct call *call, connstat_t *cs);
void call_end(struct call *call);

/* Is this thread inside a call on the handle, which can only be a visit? */
bool call_is_inside(const connstat_t *cs);

#endif
