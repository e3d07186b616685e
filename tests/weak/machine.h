/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A machine with a weak memory, for the real code of shm/: what ARM may show and x86 never does.
 *
 * Threads are coroutines, which change at random between two atomic accesses. A location is all the
 * values that were ever stored there, in order. Each thread has a view: of each location the oldest
 * value that it may still read. A load takes any value from there on, at random. Views travel as
 * C11 says (in the form of the "promising semantics" without promises, which is RC11 without
 * stores that appear earlier than they were made):
 *
 *   release store    the value carries the thread's view
 *   acquire load     the thread's view grows by the one that the value carries
 *   release fence    values stored after it carry the view that the thread has here
 *   acquire fence    the view grows by what all values carried that were loaded before it
 *   read-modify-write  reads the last value, and its value carries that one's view on
 *   seq_cst          fences meet in one view of all; of accesses each location's last one counts
 *
 * It explores at random: what it finds is a fault, what it does not find is no proof. Proofs are
 * in tests/model, of protocols written down a second time; here nothing is written twice.
 *
 * Any order of any access can be made weaker while it runs (weak_weaken). A test that an order is
 * needed is a scenario that fails then.
 */
#ifndef WEAK_MACHINE_H
#define WEAK_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weak_site {                          /* an access in the source */
    const char *file, *function, *compiled; /* compiled: the file that includes it */
    int line, counter;                      /* counter: which comes first in the source */
    int orders[2]; /* of a compare-and-swap: where it succeeds, where it fails */
};

enum weak_how { WEAK_ADD, WEAK_SUB, WEAK_OR, WEAK_AND, WEAK_PUT };

uint64_t weak_load(const volatile void *at, size_t size, const struct weak_site *site);
void weak_store(volatile void *at, size_t size, uint64_t value, const struct weak_site *site);
uint64_t weak_change(volatile void *at, size_t size, enum weak_how how, uint64_t value,
                     const struct weak_site *site);
bool weak_swap(volatile void *at, size_t size, uint64_t *seen, uint64_t value,
               const struct weak_site *site);
void weak_fence(const struct weak_site *site);

/* ---- for scenarios -------------------------------------------------------------------------- */

enum { WEAK_THREADS = 4 };

struct scenario {
    const char *name;
    void (*setup)(void); /* once: memory as it is before the threads begin */
    void (*threads[WEAK_THREADS])(void);
    void (*check)(void); /* after all of them, who have seen everything; or NULL */
    unsigned mortal;     /* a bit for each thread that may be killed anywhere */
};

/* In a thread: wait until another one has ended or was killed, as a reaper hears of it from the
 * kernel: what it did is behind us. */
void weak_wait_for_end_of(unsigned thread);

/* Ends the round; the scenario fails. */
#define EXPECT(condition) ((condition) ? (void)0 : weak_fail(__FILE__, __LINE__, #condition))
void weak_fail(const char *file, int line, const char *what);

/* From 0 to below - 1, from the seed. */
uint32_t weak_random(uint32_t below);

/* ---- for main ------------------------------------------------------------------------------- */

/* All accesses that were compiled in, in the order of the source: calls visit for each once. */
void weak_for_each_site(void (*visit)(const struct weak_site *site));

/* Make the n-th order of a function that is not relaxed (from 1) this one: 0 relaxed, 2 acquire,
 * 3 release, 4 acq_rel. Returns what it was; -1: there is no such order. */
int weak_weaken(const char *file, const char *function, unsigned n, int order);

/* Rounds of a scenario; the number of the first that fails, from 1, or 0. */
unsigned weak_run(const struct scenario *scenario, unsigned rounds, uint64_t seed);

#endif
