/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "redis/login.h"

#include <stdio.h>
#include <string.h>

#include "redis/secret.h"

bool redis_login_authenticate(struct redis_link *link, const char *user, const char *file,
                              const char *given, redisReply **reply, int64_t deadline,
                              struct redis_error *error)
{
    char password[REDIS_SECRET_BYTES];
    *reply = NULL;
    snprintf(password, sizeof(password), "%s", given);
    if (file && !redis_secret_read(file, password, sizeof(password), error))
        return false;
    bool sends = user[0] || password[0];
    if (user[0])
        *reply =
            redis_link_command(link, 3, (const char *[]){"AUTH", user, password}, deadline, error);
    else if (sends)
        *reply = redis_link_command(link, 2, (const char *[]){"AUTH", password}, deadline, error);
    explicit_bzero(password, sizeof(password));
    return !sends || *reply;
}
