/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Waits until one of two files has something to tell. It waits for files, not for descriptor numbers.
 *
 * Why: poll(2) and epoll_wait(2) look a number up when they begin. If a thread of the host closes all
 * descriptors and opens files of its own just before that, we would wait for the host's files, for ever.
 * A look beforehand cannot exclude it, and afterwards it is too late. So:
 *   1. The kernel takes the files that the numbers mean now (sleeper_take; the poll of its asynchronous
 *      I/O, Linux 4.18).
 *   2. The caller looks whether the numbers still mean what they should.
 *   3. It sleeps (sleeper_sleep), and names no number any more.
 *
 * A sleeper belongs to one thread.
 */
#ifndef LIB_SLEEPER_H
#define LIB_SLEEPER_H

#include <stdbool.h>

enum { SLEEPER_FILES = 2 };

struct sleeper {
    unsigned long context; /* the kernel's name for it; 0: the kernel refused one */
    bool taken[SLEEPER_FILES];
};

/* Opens a sleeper. It stays closed where the kernel refuses: an old kernel, a jail, fs.aio-max-nr. */
void sleeper_open(struct sleeper *sleeper);

/* Lets go of the files. It waits until the kernel has done so, which takes milliseconds. */
void sleeper_close(struct sleeper *sleeper);

static inline bool sleeper_is_open(const struct sleeper *sleeper)
{
    return sleeper->context != 0;
}

/* Takes the file that fd means now, under this name (0 or 1), unless one is taken under it already;
 * events as in poll(2). Returns 0 or a negative errno. */
int sleeper_take(struct sleeper *sleeper, unsigned name, int fd, short events);

/* Sleeps until one of the files has an event; that one is no longer taken then. Returns 0 or a negative
 * errno. */
int sleeper_sleep(struct sleeper *sleeper);

#endif
