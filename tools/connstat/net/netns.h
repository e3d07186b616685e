/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Network namespaces: the kernel tells of the sockets of one of them at a time, and a container has
 * its own.
 */
#ifndef NET_NETNS_H
#define NET_NETNS_H

#include <sys/types.h>

enum netns_place { NETNS_HERE, NETNS_ELSEWHERE, NETNS_UNKNOWN };

/* Where that process lives: in the network namespace of the calling process, or in another. It may
 * belong to another user; unknown where /proc does not show it. */
enum netns_place netns_of(pid_t pid);

/* Move the calling thread, which must be the process's first, into that process's network
 * namespace. Returns 0 or a negative errno: -EPERM it takes CAP_SYS_ADMIN, -ENOENT no such process. */
int netns_enter(pid_t pid);

#endif
