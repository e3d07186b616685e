/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What happens around a fork. liburcu's hooks must run around each fork exactly once, but there may
 * be several copies of this library in a process, which cannot see each other's symbols: the shared
 * library, and a plugin with the archive inside. They find each other by an ELF note that each
 * carries. One of them installs the hooks and calls the others' parts in between: always liburcu's
 * locks first, then the copies' own.
 */
#ifndef LIB_FORK_HOOKS_H
#define LIB_FORK_HOOKS_H

#include <stdbool.h>

struct fork_part {
    void (*before)(void), (*in_parent)(void), (*in_child)(void);
};

/* Once in a copy. wanted: not where the host runs liburcu's hooks itself; then nobody calls the
 * part. True: it will be called around each fork. */
bool fork_hooks_install(const struct fork_part *part, bool wanted);

#endif
