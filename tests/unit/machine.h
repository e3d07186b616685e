/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What some machines cannot do: an emulator of another processor (qemu-user), an old kernel, a jail.
 * Each is tried; nobody is judged by name. Where it is missing the calling test is skipped, and a line
 * says what is missing.
 */
#ifndef TESTS_UNIT_MACHINE_H
#define TESTS_UNIT_MACHINE_H

#include <stdbool.h>

/* A program can become this same program by execve. An emulator may only start programs of the
 * machine on which it runs. */
void need_exec(void);

/* MADV_WIPEONFORK empties a page in a child (Linux 4.14). Without it nothing tells the child of a raw
 * clone that it is one. */
void need_wipe_on_fork(void);

/* The kernel numbers sockets (SO_COOKIE, Linux 4.6). */
void need_socket_cookies(void);

/* /proc/self/stat tells a process the same of itself as the kernel tells others. */
void need_true_stat(void);

/* RLIMIT_AS is obeyed. */
void need_address_limit(void);

/* The pid of a child can be chosen (clone3, Linux 5.5). */
void need_chosen_pids(void);

/* Can a process forbid itself system calls (seccomp)? */
bool has_filters(void);

#endif
