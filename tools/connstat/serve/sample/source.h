/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A segment by its name, from which samples are taken and requests are answered. It is opened as
 * soon as it exists, followed when it is replaced, and closed when it is destroyed. One thread
 * polls; any thread may read.
 */
#ifndef SERVE_SOURCE_H
#define SERVE_SOURCE_H

#include <connstat.h>
#include <stdatomic.h>

struct source {
    const char *name; /* NULL: the library's default name */
    _Atomic(connstat_t *) handle;
    atomic_int error; /* a negative errno: why there is no handle */
};

void source_init(struct source *source, const char *name);
void source_close(struct source *source);

/* Open the segment, or close one that is no longer what the name leads to. */
void source_poll(struct source *source);

/* The handle, NULL: there is no segment. If it is closed meanwhile, each call with it answers
 * -ENOTCONN. */
connstat_t *source_handle(struct source *source);

enum { SOURCE_PROBLEM_BYTES = 512 };

/* In words, why there is no segment and what to do. Returns buf. It looks into the segments that
 * are there, so not within a read-side section (history.h): a mapping that is closed there can only
 * be given back later. */
char *source_problem(struct source *source, char *buf, size_t size);

#endif
