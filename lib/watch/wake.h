/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What wakes up somebody who waits for news of a segment: one epoll set. In it are
 *   - the pidfds of workers, which watch/watch.c puts there;
 *   - a listener on the segment's file, which tells of joiners, of programs replaced by execve, and
 *     of deaths in other namespaces (watch/listen.h);
 *   - a timer. While nothing happens it does not run. It runs
 *       - a few times within a tenth of a second after a description was closed, because that event
 *         comes an instant before the life lock is gone;
 *       - for a second look, a second after somebody's life lock was found let go;
 *       - all the time where there is no listener, or where there are workers of whom no event tells.
 *
 * A host may close all descriptors that it does not know (closefrom), most of all in a child, and open
 * files of its own, which get the same numbers. So before a descriptor is used or closed, it has to
 * show that it still is ours: the timer by its odd period, the set by having that very timer in it, the
 * listener by being in the set, an end of the pipe by its inode.
 *
 * A thread that sleeps (watch/sleeper.h) has to be woken when the host closes these descriptors. So
 * besides the set it waits for one end of a pipe, the ear. When the host closes the other end, the
 * mouth, the pipe hangs up. A child that was forked before may still have the mouth; but then it has
 * the set, too, which goes on telling until the child ends. Then the pipe hangs up.
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
    /* Who holds the watch's lock changes these; the thread that waits reads them without it. They are
     * seq_cst by default, which guards nothing else, and costs nothing beside the system calls. */
    _Atomic int epoll, timer;
    struct pipe_end ear, mouth;  /* of the pipe, if a thread waits */
    _Atomic uint32_t generation; /* counts how often these descriptors were opened; never 0 */
    int listener;                /* -1: none */
    const struct segment *segment;
    const char *path; /* of the segment's file; NULL: nobody waits, so no listener is needed */
    bool has_thread;
    int looks;              /* how many looks are still to come after an event */
    int64_t exec_due_ns;    /* when to look for replaced programs though no event told of one */
    int64_t suspect_due_ns; /* when to look again at a lock that was let go; 0: there is none */
};

/* How often to look though no event has told: never, each second, or at each tick of about 90 ms. */
enum wake_pace { WAKE_BY_EVENTS, WAKE_EACH_SECOND, WAKE_EACH_TICK };

/* Returns 0; -EMFILE, -ENFILE, -ENOMEM. */
int wake_open(struct wake *wake, const struct segment *segment);

/* Are the set and its timer still ours? */
bool wake_is_ours(const struct wake *wake);

/* Opens again what the host has closed. *renewed: the set is a new one, with no pidfd in it. Returns
 * what wake_open returns. */
int wake_keep(struct wake *wake, bool *renewed);

/* Closes what is still ours. */
void wake_close(struct wake *wake);

/* Called before somebody waits: from now on the set becomes readable also when somebody joins, or
 * becomes another program. path, as in listen_open, must stay valid. has_thread: a thread will wait in
 * wake_wait; else a host polls the set by itself. */
void wake_listen(struct wake *wake, const char *path, bool has_thread);

/* Puts a pidfd into the set under a name, asks whether it is there, takes it out. */
int wake_add(const struct wake *wake, int fd, uint32_t name);
bool wake_has(const struct wake *wake, int fd, uint32_t name);
void wake_remove(const struct wake *wake, int fd);

/* Writes the names of pidfds that are readable, at most WAKE_EVENTS of them. Returns how many; 0 also
 * where only the listener or the timer is readable. */
#define WAKE_EVENTS 64u
uint32_t wake_take(const struct wake *wake, uint32_t *names, uint32_t max);
bool wake_has_news(const struct wake *wake);

/* Called when a pass begins: takes the events of the listener and of the timer. True: this pass shall
 * also look for workers that became another program. */
bool wake_begin(struct wake *wake);

/* Called during a pass: a lock was found let go, and shall be looked at again at due_ns. */
void wake_look_again(struct wake *wake, int64_t due_ns);

/* Called when a pass ends: sets the timer for the next one, where it is needed. */
void wake_end(struct wake *wake, enum wake_pace pace);

/* What the thread that waits has of its own; all zero at first. It closes its sleeper in the end. */
struct waiter {
    struct sleeper sleeper;
    uint32_t generation; /* of the descriptors whose files the sleeper has taken; 0: none */
};

/* Both are called without the watch's lock. wake_wait waits until it is time for a pass; wake_now makes
 * that the case at once. */
void wake_wait(const struct wake *wake, struct waiter *waiter);
void wake_now(const struct wake *wake);

#endif
