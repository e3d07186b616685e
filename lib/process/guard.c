/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/guard.h"

#include <stdatomic.h>

#if SANITIZES_THREADS
char guard_tsan_tag;
#endif

static _Atomic bool raw_clone; /* this process was made by a clone that ran no fork hooks */

void guard_note_raw_clone(bool is_raw_clone)
{
    atomic_store_explicit(&raw_clone, is_raw_clone, memory_order_relaxed);
}

bool guard_wait(void)
{
    if (urcu_bp_read_ongoing())
        return false;
    /* After a raw clone liburcu's list still names the parent's threads. They do not exist here, so
     * there is nobody to wait for; but liburcu would wait for them for ever. */
    if (atomic_load_explicit(&raw_clone, memory_order_relaxed))
        return false;
    urcu_bp_synchronize_rcu();
    GUARD_TSAN_ACQUIRE();
    return true;
}
