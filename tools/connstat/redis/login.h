/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How to log in to a Redis and to its sentinels.
 */
#ifndef TOOLS_REDIS_LOGIN_H
#define TOOLS_REDIS_LOGIN_H

#include "redis/link.h"
#include "redis/url.h"

struct redis_login { /* which Redis, and as which user */
    struct redis_url url;
    struct redis_tls_files tls;
    const char *password_file;          /* NULL: the password is that of the URL */
    const char *sentinel_password_file; /* NULL: it is sentinel_password */
    char sentinel_password[REDIS_SECRET_BYTES];
};

/* Send AUTH with the password in the file; where file is NULL, with the given password. user "" is
 * the default user. Where there is neither a user nor a password, nothing is sent and *reply is
 * NULL; otherwise *reply is the server's answer, which may be a refusal. False: there was no
 * answer; the error is set. */
bool redis_login_authenticate(struct redis_link *link, const char *user, const char *file,
                              const char *given, redisReply **reply, int64_t deadline,
                              struct redis_error *error);

#endif
