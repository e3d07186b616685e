/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the library does around a fork. liburcu's fork hooks must run exactly once around each fork. But
 * a process may have several copies of this library (the shared one, and a plugin that was linked with
 * the archive), which cannot see each other's symbols. They find each other by an ELF note that each
 * carries. One of them installs the hooks, and calls the parts of all: first liburcu's locks are taken,
 * then those of the copies.
 */
#ifndef LIB_FORK_HOOKS_H
#define LIB_FORK_HOOKS_H

#include <stdbool.h>

struct fork_part {
    void (*before)(void), (*in_parent)(void), (*in_child)(void);
};

/* Called once in each copy. wanted is false where the host runs liburcu's hooks itself
 * (connstat_fork_hooks); then nobody calls `part`. Returns whether it will be called around forks. */
bool fork_hooks_install(const struct fork_part *part, bool wanted);

#endif
