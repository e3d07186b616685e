/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Waiting for another thread of this process, but not for one that is stopped.
 */
#ifndef LIB_BRIEFLY_H
#define LIB_BRIEFLY_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* Takes the lock, or gives up after 20 ms: longer than what is done under it takes. */
static inline bool lock_briefly(pthread_mutex_t *lock)
{
    struct timespec until;

    if (pthread_mutex_trylock(lock) == 0)
        return true;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_mutex_timedlock(lock, &until) == 0;
}

#endif
