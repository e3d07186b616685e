/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What wakes up somebody who waits for news of a segment: one epoll set, in which are
 *   - pidfds that others put there (watch/watch.h);
 *   - a listener on the segment's file, which tells of joiners, of programs replaced by execve, and
 *     of deaths in other namespaces (watch/listen.h);
 *   - a timer. Nothing wakes up by the clock while nothing happens; it runs
 *       - after a description was closed, a few times and shortly: the event comes an instant before
 *         the lock is gone;
 *       - while somebody's lock was found let go once, for the second look a second later;
 *       - where there is no listener, or for workers of whom no event would tell.
 *
 * A host may close all that it does not know (closefrom), most of all in a child, and open files of
 * its own, which get the same numbers. So none is used or closed before it has shown that it is what
 * it was: the timer by its odd period, the set by having that very timer in it, the listener by
 * being in the set.
 *
 * A thread that waits (watch/sleeper.h) has to be told of that, too. It waits for one end of a pipe
 * beside the set: when the host closes the other end, the pipe hangs up. A child that was forked
 * before may still have that end; but then it has all that is in the set as well, so the set goes on
 * telling until the child ends, and then the pipe hangs up.
 */
#ifndef LIB_WAKE_H
#define LIB_WAKE_H

#include "segment.h"
#include "watch/sleeper.h"

struct pipe_end {
    _Atomic int fd; /* -1: none */
    _Atomic uint64_t inode;
};

struct wake {
    /* Changed under the watch's lock; the thread that waits reads them without it. The default order
     * guards nothing else, and costs nothing beside the system calls. */
    _Atomic int epoll, timer;
    struct pipe_end ear, mouth;  /* for a thread that waits */
    _Atomic uint32_t generation; /* of these numbers; never 0 */
    int listener;                /* -1: none */
    const struct segment *segment;
    const char *path; /* of the file; NULL: nobody waits */
    bool has_thread;
    int looks; /* still to come after an event */
    int64_t exec_due_ns;
    int64_t suspect_due_ns; /* 0: nobody's lock is under suspicion */
};

/* How often it is time for a look though no event tells. */
enum wake_pace { WAKE_BY_EVENTS, WAKE_EACH_SECOND, WAKE_EACH_TICK };

/* Returns 0; -EMFILE, -ENFILE, -ENOMEM. */
int wake_open(struct wake *wake, const struct segment *segment);

/* Are they still what they were? */
bool wake_is_ours(const struct wake *wake);

/* Where the host has closed some, open others. renewed: the set is a new one, with no pidfd in it.
 * Returns as wake_open. */
int wake_keep(struct wake *wake, bool *renewed);

/* Close what is still ours. */
void wake_close(struct wake *wake);

/* Somebody will wait: have the set readable also when somebody joins, or another program runs. path
 * as in listen_open; it stays. has_thread: it is wake_wait that waits. */
void wake_listen(struct wake *wake, const char *path, bool has_thread);

/* A pidfd in the set, under a name of its own. */
int wake_add(const struct wake *wake, int fd, uint32_t name);
bool wake_has(const struct wake *wake, int fd, uint32_t name);
void wake_remove(const struct wake *wake, int fd);

/* The names of what is readable; 0 where it is none of those that were added. At most WAKE_EVENTS
 * of them. Returns how many. */
#define WAKE_EVENTS 64u
uint32_t wake_take(const struct wake *wake, uint32_t *names, uint32_t max);
bool wake_has_news(const struct wake *wake);

/* A pass begins: what woke us is heard. True: look for programs that were replaced, too. */
bool wake_begin(struct wake *wake);

/* During it: a lock was let go, and is to be looked at again then. */
void wake_look_again(struct wake *wake, int64_t due_ns);

/* It ends: set the timer for the next, where one is needed. */
void wake_end(struct wake *wake, enum wake_pace pace);

/* The thread that waits; all zero at first, and in the end its sleeper is closed. */
struct waiter {
    struct sleeper sleeper;
    uint32_t generation; /* whose files it has taken; 0: nobody's */
};

/* Without the watch's lock: until it is time for a pass; and the end of that at once. */
void wake_wait(const struct wake *wake, struct waiter *waiter);
void wake_now(const struct wake *wake);

#endif
