/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/guard.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#if SANITIZES_THREADS
char guard_tsan_tag;
#endif

static _Atomic bool raw_clone; /* a clone that ran no fork hooks made this process */

void guard_note_raw_clone(bool is_raw_clone)
{
    atomic_store_explicit(&raw_clone, is_raw_clone, memory_order_relaxed);
}

/* Does liburcu use membarrier? It tells only where its read side is inlined. Elsewhere (under TSan)
 * ENOSYS, of a kernel that has none, means that it does not. */
static bool relies_on_membarrier(int error)
{
#ifdef _LGPL_SOURCE
    (void)error;
    return urcu_bp_has_sys_membarrier;
#else
    return error != ENOSYS;
#endif
}

bool guard_is_refused(void)
{
    return syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) < 0 &&
           relies_on_membarrier(errno);
}

bool guard_wait(void)
{
    if (urcu_bp_read_ongoing())
        return false;
    /* After a raw clone liburcu's list still names the threads of the parent. They do not exist here,
     * and liburcu would wait for them for ever. */
    if (atomic_load_explicit(&raw_clone, memory_order_relaxed))
        return false;
    if (guard_is_refused())
        return false;
    urcu_bp_synchronize_rcu();
    GUARD_TSAN_ACQUIRE();
    return true;
}
