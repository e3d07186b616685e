/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Holds back the host's signals while the library does what they would disturb. Signals that a
 * thread's own instructions raise (SIGSEGV, SIGBUS ...) are never blocked: instead of calling the
 * host's handler the kernel would then kill the process.
 */
#ifndef LIB_SIGNALS_H
#define LIB_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct signals {
    sigset_t mask;      /* which signals were blocked before */
    bool had_file_size; /* a SIGXFSZ was pending before, which is the host's own */
};

void signals_block(struct signals *before);

/* Ends it. A SIGXFSZ that came meanwhile is dropped: the library caused it, and tells of that by the
 * error that it returns. */
void signals_restore(const struct signals *before);

#endif
