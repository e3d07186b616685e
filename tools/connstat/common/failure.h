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
    STATUS_DAMAGED = 5, /* damaged, or of a layout that this version does not read */
};

/* Print what is wrong with the command line, and which help to ask for. Returns STATUS_USAGE. */
int usage_error(const struct context *context, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Print what failed. Returns STATUS_RUNTIME. */
int failure(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The segment that a name means: NULL means $CONNSTAT_NAME, or "default" where that is not set. */
const char *segment_name(const char *name);

/* The exit status for a negative errno that the library returned for a segment. */
int segment_status(int error);

/* In words for people: what that errno means, and what to do about it. No full stop. Returns
 * buf. */
char *segment_advice(const char *name, int error, char *buf, size_t size);

/* Print segment_advice. Returns segment_status(error). */
int segment_failure(const char *name, int error);

/* The exit status for what connstat_for_each, or a function like it, returned for that segment. A
 * negative errno is printed as segment_failure does. */
int visit_status(const char *name, int64_t visited);

#endif
