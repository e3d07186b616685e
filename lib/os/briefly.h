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

enum { BRIEFLY_TRIES = 20 };

/* Takes the lock, or gives up after some 20 ms. Tried again and again, because the wait of
 * pthread_mutex_timedlock goes by a clock that may be set back. A pass over thousands of workers may
 * hold it longer: then the caller goes on without it as well. */
static inline bool lock_briefly(pthread_mutex_t *lock)
{
    const struct timespec moment = {.tv_nsec = 1000000};

    for (int tries = 0; tries < BRIEFLY_TRIES; tries++) {
        if (pthread_mutex_trylock(lock) == 0)
            return true;
        nanosleep(&moment, NULL);
    }
    return false;
}

#endif
