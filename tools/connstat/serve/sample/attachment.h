/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The segment that is served, by name: attached as soon as it exists, followed when it is
 * replaced, let go when it is destroyed. One thread polls; any thread may read.
 */
#ifndef SERVE_ATTACHMENT_H
#define SERVE_ATTACHMENT_H

#include <connstat.h>
#include <stdatomic.h>

struct attachment {
    const char *name; /* NULL: the library's default */
    _Atomic(connstat_t *) handle;
    atomic_int error; /* negative errno: why there is no handle */
};

void attachment_init(struct attachment *attachment, const char *name);
void attachment_close(struct attachment *attachment);

/* Attach, or let go of a segment whose name leads elsewhere by now. */
void attachment_poll(struct attachment *attachment);

/* NULL: there is none. A handle that is closed meanwhile answers -ENOTCONN. */
connstat_t *attachment_handle(struct attachment *attachment);

/* Why there is none, and what to do. Returns buf. */
char *attachment_problem(struct attachment *attachment, char *buf, size_t size);

#endif
