/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How commands fail: one line on standard error that says what to do next, and an exit status.
 */
#ifndef TOOLS_FAILURE_H
#define TOOLS_FAILURE_H

#include <stddef.h>
#include <stdint.h>

#include "common/context.h"

enum status {
    STATUS_OK = 0,
    STATUS_RUNTIME = 1,
    STATUS_USAGE = 2,
    STATUS_NO_SEGMENT = 3,
    STATUS_PERMISSION = 4,
    STATUS_DAMAGED = 5, /* or of another layout version */
};

/* Say what is wrong with the command line, and where its help is. Returns STATUS_USAGE. */
int usage_error(const struct context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Say what failed. Returns STATUS_RUNTIME. */
int failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The segment's name as the library will read it. */
const char *segment_name(const char *name);

/* The exit status of a negative errno from an attempt on a segment. */
int segment_status(int error);

/* What a negative errno from an attempt on a segment means and what to do, without full stop. */
char *segment_advice(const char *name, int error, char *buf, size_t size);

/* Say it on standard error. Returns segment_status(error). */
int segment_failure(const char *name, int error);

/* The exit status for what connstat_for_each, or one of its kind, returned for that segment: a
 * negative errno is reported. */
int visit_status(const char *name, int64_t visited);

#endif
