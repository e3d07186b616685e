/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How one process hears of the deaths of others: it keeps a pidfd for each worker, in a set that wakes
 * whoever waits (watch/wake.h). A worker is judged by its pidfd; where there is none, by /proc; and where
 * that cannot tell either, by the lock that the worker holds (os/life_lock.h).
 *
 * A watch belongs to one process. Callers hold its lock, except where a function says otherwise.
 */
#ifndef LIB_WATCH_H
#define LIB_WATCH_H

#include "records/record.h"
#include "watch/wake.h"

struct watch;

/* Returns 0; -EMFILE, -ENFILE, -ENOMEM. */
int watch_new(struct watch **watch, const struct segment *s);
void watch_free(struct watch *watch); /* NULL is fine */

/* Called before the watch is used: if the host has closed its descriptors, it opens others. Returns what
 * watch_new returns. */
int watch_keep(struct watch *watch);

void watch_lock(struct watch *watch);
bool watch_lock_briefly(struct watch *watch); /* false: another thread has it, and may be stopped */
void watch_unlock(struct watch *watch);

/* Returns the epoll set, which is readable when it is time for a pass. */
int watch_fd(const struct watch *watch);

/* Called before somebody waits: from now on the set is readable also when somebody joins, or becomes
 * another program. has_thread: a thread will wait in watch_wait. path, as in listen_open, must stay
 * valid. Where there can be no listener, the set is readable about each 90 ms. Returns what watch_new
 * returns. */
int watch_listen(struct watch *watch, const char *path, bool has_thread);

/* Called when a pass begins: takes the events that woke us. True: this pass shall also look for workers
 * that became another program. */
bool watch_begin(struct watch *watch);

/* Called when a pass ends: sets the timer for the next one, where it is needed. */
void watch_end(struct watch *watch);

/* Both are called without the lock. watch_wait waits until it is time for a pass; watch_wake makes that
 * the case at once. */
void watch_wait(const struct watch *watch, struct waiter *waiter);
void watch_wake(const struct watch *watch);

/* Has somebody joined since the last watch_refresh? */
bool watch_is_stale(const struct watch *watch, const struct segment *s);

/* Opens pidfds for those who have joined, and closes those of records that have another holder by now.
 * self: our own record, which is not watched. */
void watch_refresh(struct watch *watch, const struct segment *s, uint32_t self);

/* Writes the records whose pidfds tell that the holder is dead; looks at nothing else. */
struct dead {
    uint32_t record;
    uint64_t word; /* the record's word when it was watched: ALIVE */
};
uint32_t watch_take_dead(struct watch *watch, struct dead *dead, uint32_t max);

/* Is the process dead that has this record as this word? */
bool watch_is_dead(struct watch *watch, const struct segment *s, uint32_t record, uint64_t word);

/* Does somebody hold the record's life lock? False also where that cannot be found out. */
bool watch_is_held(const struct segment *s, uint32_t record);

/* Is there an event that nobody has taken yet? Costs one system call. */
bool watch_has_news(struct watch *watch);

/* Takes a dead worker's pidfd out of the set, so that it wakes nobody again. For read-only handles,
 * which cannot change the record. */
void watch_mute(struct watch *watch, uint32_t record);

/* Returns the pidfd of this holder of the record, or -1. */
int watch_pidfd(const struct watch *watch, uint32_t record, uint64_t word);

#endif
