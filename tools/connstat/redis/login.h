/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * How to log in to a Redis and to its sentinels.
 */
#ifndef TOOLS_REDIS_LOGIN_H
#define TOOLS_REDIS_LOGIN_H

#include "redis/link.h"
#include "redis/url.h"

struct redis_login { /* where, and as whom */
    struct redis_url url;
    struct redis_tls_files tls;
    const char *password_file;          /* NULL: url.password */
    const char *sentinel_password_file; /* NULL: sentinel_password */
    char sentinel_password[REDIS_SECRET_BYTES];
};

/* Send AUTH with the password in the file, or where file is NULL with the given one; user "": the
 * default user. Where there is neither user nor password nothing is sent, and *reply is NULL.
 * Otherwise *reply is the answer, which may be a refusal. False: no answer; the error is set. */
bool redis_login_authenticate(struct redis_link *link, const char *user, const char *file,
                              const char *given, redisReply **reply, int64_t deadline,
                              struct redis_error *error);

#endif
