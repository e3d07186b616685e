/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "redis/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool redis_secret_read(const char *path, char *secret, size_t size, struct redis_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return redis_fail(error, "cannot read the password from %s: %s", path, strerror(errno));
    ssize_t length = read(fd, secret, size);
    int failed = errno;
    close(fd);
    if (length < 0)
        return redis_fail(error, "cannot read the password from %s: %s", path, strerror(failed));
    char *end = memchr(secret, '\n', (size_t)length);
    if (!end && (size_t)length == size) {
        explicit_bzero(secret, size);
        return redis_fail(error, "the password in %s is longer than %zu bytes", path, size - 1);
    }
    size_t kept = end ? (size_t)(end - secret) : (size_t)length;
    explicit_bzero(secret + kept, size - kept);
    if (kept == 0)
        return redis_fail(error, "%s is empty: it holds the password in its first line", path);
    return true;
}

bool redis_secret_take(const char *variable, char *secret, size_t size)
{
    char *value = getenv(variable);
    if (!value)
        return false;
    size_t length = strlen(value);
    memset(secret, 0, size);
    if (length < size)
        memcpy(secret, value, length);
    explicit_bzero(value, length);
    unsetenv(variable);
    return true;
}
