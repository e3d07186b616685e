/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Keeps a mapping in place while a thread of this process uses it, by liburcu (urcu-bp).
 *
 *   1. Every call uses its handle's attachment inside a read-side section of liburcu, which is called
 *      a guard section here.
 *   2. Whoever closes, leaves or follows a replaced segment first takes the attachment out of the
 *      handle, so that no new section can find it.
 *   3. It then waits until all sections that have begun have ended (guard_wait), and unmaps after that.
 *
 * Only threads of one process wait in this way, never one process for another: memory inside a segment
 * is never given back, a slot stays a slot of its type.
 */
#ifndef LIB_GUARD_H
#define LIB_GUARD_H

#include "compiler.h"

#include <stdbool.h>

#if SANITIZES_THREADS
/* TSan does not see how liburcu orders memory, so these tell it what a grace period means. */
#include <sanitizer/tsan_interface.h>
extern char guard_tsan_tag;
#define GUARD_TSAN_RELEASE() __tsan_release(&guard_tsan_tag)
#define GUARD_TSAN_ACQUIRE() __tsan_acquire(&guard_tsan_tag)
#else
#define _LGPL_SOURCE         /* inlines the read side; liburcu's licence allows it for small functions */
#define GUARD_TSAN_RELEASE() ((void)0)
#define GUARD_TSAN_ACQUIRE() ((void)0)
#endif

#include <urcu/urcu-bp.h>

static inline void guard_enter(void)
{
    urcu_bp_read_lock();
}

static inline void guard_leave(void)
{
    GUARD_TSAN_RELEASE();
    urcu_bp_read_unlock();
}

/* Waits until every guard section that has begun in this process has ended (a grace period). False:
 * it could not wait, and nothing may be unmapped. That is so inside a section, be it one of the host's
 * own; after a raw clone; and where the system call that liburcu needs is refused. */
bool guard_wait(void);

/* Is the system call membarrier refused by a seccomp filter, though liburcu found it usable when the
 * process began? liburcu would abort the process then; so guard_wait does not call it. */
bool guard_is_refused(void);

/* Called in a child: tells whether a clone made it that ran no fork hooks. */
void guard_note_raw_clone(bool is_raw_clone);

#endif
