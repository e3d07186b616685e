/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The segment that samples are taken from and requests are answered from, by name: attached as soon as it exists, followed when it is
 * replaced, let go when it is destroyed. One thread polls; any thread may read.
 */
#ifndef SERVE_SOURCE_H
#define SERVE_SOURCE_H

#include <connstat.h>
#include <stdatomic.h>

struct source {
    const char *name; /* NULL: the library's default */
    _Atomic(connstat_t *) handle;
    atomic_int error; /* negative errno: why there is no handle */
};

void source_init(struct source *source, const char *name);
void source_close(struct source *source);

/* Attach, or let go of a segment whose name leads elsewhere by now. */
void source_poll(struct source *source);

/* NULL: there is none. A handle that is closed meanwhile answers -ENOTCONN. */
connstat_t *source_handle(struct source *source);

/* Why there is none, and what to do. Returns buf. */
char *source_problem(struct source *source, char *buf, size_t size);

#endif
