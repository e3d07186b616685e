/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the memory cgroups of this process leave it. Beyond their limits the kernel does not refuse
 * memory, as a full file system does: it kills.
 */
#ifndef LIB_CGROUP_H
#define LIB_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

/* Would so many bytes of shared memory, with what the kernel needs to keep account of them, go into
 * every memory cgroup that this process is in? Page cache of files counts as free, for the kernel
 * gives it up first. True also where nobody tells: without /proc or /sys, or without a descriptor.
 * Others may take the memory meanwhile: a look, no promise. */
bool cgroup_has_room(uint64_t bytes);

#endif
