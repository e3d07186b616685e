/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Waits until one of two files has something to tell; for files, not for their numbers.
 *
 * poll(2) and epoll_wait(2) look a number up as they begin. A host's thread that closes all
 * descriptors and opens files of its own just before would leave us waiting for those, for ever:
 * no look beforehand can tell, and afterwards it is too late. Here the kernel first takes the file
 * (the poll of its asynchronous I/O, Linux 4.18), then the caller looks whether the numbers still
 * mean what they should, and then sleeps, without naming any number again.
 *
 * Used by one thread.
 */
#ifndef LIB_SLEEPER_H
#define LIB_SLEEPER_H

#include <stdbool.h>

enum { SLEEPER_FILES = 2 };

struct sleeper {
    unsigned long context; /* of the kernel; 0: it has none for us */
    bool taken[SLEEPER_FILES];
};

/* None where the kernel refuses (an old one, a jail, fs.aio-max-nr). */
void sleeper_open(struct sleeper *sleeper);

/* Let go of the files. Waits for the kernel to do so: milliseconds. */
void sleeper_close(struct sleeper *sleeper);

static inline bool sleeper_is_open(const struct sleeper *sleeper)
{
    return sleeper->context != 0;
}

/* Take the file that fd means now as the one called name, if none is taken under it; events as in
 * poll(2). Returns 0 or a negative errno. */
int sleeper_take(struct sleeper *sleeper, unsigned name, int fd, short events);

/* Until one of them has an event; then that one is no longer taken. Returns 0 or a negative errno. */
int sleeper_sleep(struct sleeper *sleeper);

#endif
