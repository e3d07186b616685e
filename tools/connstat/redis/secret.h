/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Passwords: from a file, read anew at each use, or from the environment, read once and wiped
 * there, so that no child and no /proc/PID/environ has it.
 */
#ifndef TOOLS_REDIS_SECRET_H
#define TOOLS_REDIS_SECRET_H

#include <stddef.h>

#include "redis/error.h"

/* The first line of a file. */
bool redis_secret_read(const char *path, char *secret, size_t size, struct redis_error *error);

/* Move an environment variable out of the environment. Returns false, and leaves secret, where it
 * is not set; true and "" where it is longer than size. */
bool redis_secret_take(const char *variable, char *secret, size_t size);

#endif
