/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Why talking to a Redis failed, in words for people. Never holds a secret.
 */
#ifndef TOOLS_REDIS_ERROR_H
#define TOOLS_REDIS_ERROR_H

#include <stdbool.h>

struct redis_error {
    char text[512];
};

/* Set the text. Returns false, so that a function can end with `return redis_fail(error, ...)`. */
bool redis_fail(struct redis_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
