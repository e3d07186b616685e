/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Signals that are meant for the host: they wait while the library does what they would spoil.
 * Those that a thread's own instructions raise (SIGSEGV, SIGBUS ...) are never blocked: the kernel
 * would kill the process instead of calling the host's handler.
 */
#ifndef LIB_SIGNALS_H
#define LIB_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
    sigset_t mask;      /* before */
    bool had_file_size; /* a SIGXFSZ of the host's own was pending */
};

void signals_block(struct signals *before);

/* A SIGXFSZ that came in between is taken away: it told of what the library did, which says so by
 * an errno. */
void signals_restore(const struct signals *before);

#endif
