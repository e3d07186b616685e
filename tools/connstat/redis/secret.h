/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Where passwords come from: a file, which is read anew for each login; or an environment
 * variable, which is read once and then wiped, so that no child and no /proc/PID/environ shows it.
 */
#ifndef TOOLS_REDIS_SECRET_H
#define TOOLS_REDIS_SECRET_H

#include <stddef.h>

#include "redis/error.h"

/* Read the first line of a file. False: the error is set. */
bool redis_secret_read(const char *path, char *secret, size_t size, struct redis_error *error);

/* Move the value of an environment variable into secret and remove it from the environment. Returns
 * false, and leaves secret, where the variable is not set. A value that does not fit gives "". */
bool redis_secret_take(const char *variable, char *secret, size_t size);

#endif
