/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What belongs to this process and to no child of it. One page is wiped by the kernel in a child
 * (MADV_WIPEONFORK: after fork and after a raw clone alike, which pthread_atfork would miss): it
 * holds the lock of the slow paths and one membership number an attachment. A child so finds all
 * its memberships gone with its first load, without a getpid.
 */
#ifndef LIB_PROCESS_H
#define LIB_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Make the page, and the fork hooks, once; always with the same two functions, both called in each
 * child: at_once inside the fork, while there is no other thread (not after a raw clone), first by
 * the first who takes the lock there, who holds it. Returns 0 or -ENOMEM. */
int process_init(void (*at_once)(void), void (*first)(void));

/* The lock of all slow paths.
 * Never held while waiting for a grace period, nor while a section is entered. */
void process_lock(void);
void process_unlock(void);

/* Room for a membership number: a word of the page, which so reads 0 in every process but the one
 * that stored to it. NULL: none left (504). */
_Atomic uint64_t *process_membership_take(void);
void process_membership_give(_Atomic uint64_t *membership);

/* Does this membership number stand in the page now? With the lock held. */
bool process_membership_stands(uint64_t membership);

/* A number never given before in this process or its parents. */
uint64_t process_unique(void);

#endif
