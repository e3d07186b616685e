/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "process/guard.h"

#include "process/process.h"

#ifdef GUARD_TSAN
char guard_tsan_tag;
#endif

bool guard_wait(void)
{
    if (urcu_bp_read_ongoing())
        return false;
    /* After a raw clone liburcu's list names threads that are not here; none of them can be in a
     * section, but liburcu would wait for them. */
    if (process_is_raw_clone())
        return false;
    urcu_bp_synchronize_rcu();
    GUARD_TSAN_ACQUIRE();
    return true;
}
