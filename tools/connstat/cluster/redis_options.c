/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cluster/redis_options.h"

#include <stdlib.h>
#include <string.h>

#include "cluster/engine.h"
#include "common/failure.h"
#include "redis/secret.h"

bool redis_options_name(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length < ENGINE_NAME_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               length;
}

static bool refuse(struct options *options, int status)
{
    options->status = status;
    return false;
}

/* A password on the command line is seen by everybody in ps. So it is refused, and wiped there. */
static bool take_url(struct redis_options *redis, struct options *options)
{
    const char *wrong = redis_url_parse(options->value, &redis->login.url);
    bool secret = redis->login.url.password[0] != '\0';
    if (secret) {
        explicit_bzero(&redis->login.url, sizeof(redis->login.url));
        explicit_bzero((char *)options->value, strlen(options->value));
        return refuse(options, usage_error(options->context,
                                           "--redis holds a password, which every user of this "
                                           "machine can see: put it into a file for "
                                           "--password-file, and change it"));
    }
    if (wrong)
        return refuse(options, usage_error(options->context, "--redis: %s", wrong));
    redis->has_url = true;
    return true;
}

static bool take_cluster(struct redis_options *redis, struct options *options)
{
    if (!redis_options_name(options->value))
        return refuse(options, usage_error(options->context,
                                           "a cluster's name is 1 to 63 of A-Z a-z 0-9 . _ -, not "
                                           "\"%s\"",
                                           options->value));
    redis->cluster = options->value;
    return true;
}

bool redis_options_take(struct options *options, int id, void *arg)
{
    struct redis_options *redis = arg;
    switch (id) {
    case REDIS_OPTION_URL:
        return take_url(redis, options);
    case REDIS_OPTION_CLUSTER:
        return take_cluster(redis, options);
    case REDIS_OPTION_PASSWORD_FILE:
        redis->login.password_file = options->value;
        return true;
    case REDIS_OPTION_SENTINEL_PASSWORD_FILE:
        redis->login.sentinel_password_file = options->value;
        return true;
    case REDIS_OPTION_TLS_CA:
        redis->login.tls.ca = options->value;
        return true;
    case REDIS_OPTION_TLS_CERT:
        redis->login.tls.cert = options->value;
        return true;
    case REDIS_OPTION_TLS_KEY:
        redis->login.tls.key = options->value;
        return true;
    default:
        return false; /* not reached: these are all */
    }
}

/* Take what the environment says. Its URL may hold a password, so it is wiped there. */
static bool take_environment(struct redis_options *redis, struct options *options)
{
    struct redis_login *login = &redis->login;
    char text[2048];
    if (!redis->has_url && redis_secret_take("CONNSTAT_REDIS_URL", text, sizeof(text))) {
        const char *wrong = redis_url_parse(text, &login->url);
        explicit_bzero(text, sizeof(text));
        if (wrong)
            return refuse(options, usage_error(options->context, "$CONNSTAT_REDIS_URL: %s", wrong));
        redis->has_url = true;
    }
    redis_secret_take("CONNSTAT_REDIS_PASSWORD", login->url.password, sizeof(login->url.password));
    redis_secret_take("CONNSTAT_SENTINEL_PASSWORD", login->sentinel_password,
                      sizeof(login->sentinel_password));
    return true;
}

bool redis_options_finish(struct redis_options *redis, struct options *options)
{
    if (!take_environment(redis, options))
        return false;
    const struct redis_login *login = &redis->login;
    bool tls_files = login->tls.ca || login->tls.cert || login->tls.key;
    if (!login->tls.cert != !login->tls.key)
        return refuse(options, usage_error(options->context, "--tls-cert and --tls-key go "
                                                             "together"));
    if (redis->has_url && tls_files && !login->url.tls)
        return refuse(options, usage_error(options->context,
                                           "--tls-ca, --tls-cert and --tls-key want a rediss:// "
                                           "or rediss-sentinel:// URL"));
    return true;
}
