/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The life of a mapping inside a process, by liburcu (urcu-bp). Every call dereferences its
 * handle's attachment inside a read-side section; whoever closes, leaves or follows a replaced
 * segment publishes first and waits for a grace period before it unmaps. Across processes nothing
 * is waited for: slots are type-stable (slot.h).
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

/* Wait until every section that has begun in this process has ended. Not from within one: false,
 * nothing was waited for (a host may call us inside a section of its own). */
bool guard_wait(void);

/* In a child: was it made by a clone that ran no fork hooks? */
void guard_note_raw_clone(bool is_raw_clone);

#endif
