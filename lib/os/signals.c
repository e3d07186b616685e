/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "os/signals.h"

#include <pthread.h>
#include <time.h>

static const int synchronous[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};

static bool file_size_is_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGXFSZ) == 1;
}

void signals_block(struct signals *before)
{
    sigset_t blocked;

    sigfillset(&blocked);
    for (unsigned i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++)
        sigdelset(&blocked, synchronous[i]);
    pthread_sigmask(SIG_BLOCK, &blocked, &before->mask);
    before->had_file_size = file_size_is_pending();
}

void signals_restore(const struct signals *before)
{
    if (!before->had_file_size && file_size_is_pending()) {
        const struct timespec at_once = {0, 0};
        sigset_t file_size;

        sigemptyset(&file_size);
        sigaddset(&file_size, SIGXFSZ);
        (void)sigtimedwait(&file_size, NULL, &at_once);
    }
    pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
}
