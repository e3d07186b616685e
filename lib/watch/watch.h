/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What one process keeps to hear of the deaths of others: a pidfd for each worker, in a set that
 * wakes who waits (watch/wake.h). Who judges a worker: its pidfd where one is to be had, else /proc,
 * and where neither can tell, the lock that the worker holds (os/life_lock.h).
 *
 * Private to the process; callers hold the watch's lock.
 */
#ifndef LIB_WATCH_H
#define LIB_WATCH_H

#include "records/record.h"
#include "watch/wake.h"

struct watch;

/* Returns 0; -EMFILE, -ENFILE, -ENOMEM. */
int watch_new(struct watch **watch, const struct segment *s);
void watch_free(struct watch *watch); /* NULL is fine */

/* Before it is used: the host may have closed its descriptors. Then it has others. Returns as
 * watch_new. */
int watch_keep(struct watch *watch);

void watch_lock(struct watch *watch);
void watch_unlock(struct watch *watch);

/* The epoll set: readable when it is time for a pass. */
int watch_fd(const struct watch *watch);

/* Have the set readable also when somebody joins, or another program runs: for those who wait for it,
 * with has_thread by watch_wait. path as in listen_open; it stays. Where there can be no listener,
 * it ticks every 100 ms. Returns as watch_new. */
int watch_listen(struct watch *watch, const char *path, bool has_thread);

/* A pass begins: what woke us is heard. True: look for programs that were replaced too. */
bool watch_begin(struct watch *watch);

/* It ends: set the timer for the next, where one is needed. */
void watch_end(struct watch *watch);

/* Without the lock: until it is time for a pass; and the end of that at once. */
void watch_wait(const struct watch *watch, struct waiter *waiter);
void watch_wake(const struct watch *watch);

/* Somebody joined since the last watch_refresh. */
bool watch_is_stale(const struct watch *watch, const struct segment *s);

/* Open pidfds for those who joined, close those of records that changed hands. self: a record
 * that needs no watching. */
void watch_refresh(struct watch *watch, const struct segment *s, uint32_t self);

/* Whose pidfds tell that they died, without a look at anything else. */
struct dead {
    uint32_t record;
    uint64_t word; /* ALIVE, when it was looked at */
};
uint32_t watch_take_dead(struct watch *watch, struct dead *dead, uint32_t max);

/* Is the holder of record, whose word is word, dead? */
bool watch_is_dead(struct watch *watch, const struct segment *s, uint32_t record, uint64_t word);

/* Does somebody hold the record's lock? False also where that cannot be asked. */
bool watch_is_held(const struct segment *s, uint32_t record);

/* Does anything wait to be heard? One system call. */
bool watch_has_news(struct watch *watch);

/* Its death has been heard, and the record will not change: let it wake nobody again. */
void watch_mute(struct watch *watch, uint32_t record);

/* Its pidfd, or -1. */
int watch_pidfd(const struct watch *watch, uint32_t record, uint64_t word);

#endif
