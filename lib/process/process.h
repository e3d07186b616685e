/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What belongs to this process and not to its children: one page of memory, which the kernel wipes in
 * a child (MADV_WIPEONFORK). It does so after fork and after a raw clone, of which pthread_atfork
 * would not hear. The page holds the lock of the slow paths and, for each attachment, its membership
 * number. So a child finds at its first load that it is member of nothing, and needs no getpid.
 */
#ifndef LIB_PROCESS_H
#define LIB_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Makes the page and installs the fork hooks, once; every caller passes the same two functions. Both
 * are called in each child. at_once: inside the fork, while the child has one thread only; not after a
 * raw clone. first: by the first thread that takes the lock there, with the lock held. Returns 0 or
 * -ENOMEM. */
int process_init(void (*at_once)(void), void (*first)(void));

/* The lock of all slow paths of this process. Whoever holds it must not wait for a grace period
 * (fork_hooks.c says why). */
void process_lock(void);
/* The same, but waits only for as long as a thread takes that is not stopped: false after that. */
bool process_lock_briefly(void);
void process_unlock(void);

/* Takes a word of the page for the membership number of an attachment. It reads 0 in every process
 * but the one that stored to it. NULL: none of the 496 is left. */
_Atomic uint64_t *process_membership_take(void);
void process_membership_give(_Atomic uint64_t *membership);

/* Is this membership in force, that is, does its number stand in the page? With the lock held. */
bool process_membership_stands(uint64_t membership);

/* Returns a number that was never returned before, neither in this process nor in its parents. */
uint64_t process_unique(void);

#endif
