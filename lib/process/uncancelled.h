/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Cancellation (pthread_cancel). A thread that were cancelled in the middle of a call would leave
 * locks held and sections entered, and the whole process waiting for it. So cancellation is off
 * inside every call. The hot path has no cancellation point, so there it costs nothing: only what
 * makes system calls turns it off.
 */
#ifndef LIB_UNCANCELLED_H
#define LIB_UNCANCELLED_H

#include <pthread.h>

static inline int uncancelled_begin(void)
{
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static inline void uncancelled_end(const int *before)
{
    int unused;

    pthread_setcancelstate(*before, &unused);
}

/* A declaration: from here to the end of the block nothing is a cancellation point. */
#define UNCANCELLED                                                                                \
    __attribute__((cleanup(uncancelled_end), unused)) int uncancelled_before = uncancelled_begin()

#endif
