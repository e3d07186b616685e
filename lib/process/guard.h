/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How long a mapping lives inside a process; by liburcu (urcu-bp).
 *
 *   - Every call uses its handle's attachment inside a read-side section, a guard section here.
 *   - Whoever closes, leaves or follows a replaced segment first takes the attachment out of the
 *     handle, then waits until all sections that had begun have ended, and only then unmaps.
 *
 * Between processes nobody waits: a slot stays a slot of its type as long as the mapping (slot.h).
 */
#ifndef LIB_GUARD_H
#define LIB_GUARD_H

#include "compiler.h"

#include <stdbool.h>

#if SANITIZES_THREADS
/* liburcu orders by means that TSan does not see; tell it what a grace period means. */
#include <sanitizer/tsan_interface.h>
extern char guard_tsan_tag;
#define GUARD_TSAN_RELEASE() __tsan_release(&guard_tsan_tag)
#define GUARD_TSAN_ACQUIRE() __tsan_acquire(&guard_tsan_tag)
#else
#define _LGPL_SOURCE         /* the read side inlined; liburcu's licence allows it for small functions */
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

/* Wait until every section that has begun in this process has ended. False: the caller is inside a
 * section itself, perhaps one of the host's own, and nothing was waited for. */
bool guard_wait(void);

/* A seccomp filter refuses the membarrier that liburcu relies on since the process began. liburcu
 * would abort; guard_wait does not try, and says false. */
bool guard_is_refused(void);

/* In a child: was it made by a clone that ran no fork hooks? */
void guard_note_raw_clone(bool is_raw_clone);

#endif
