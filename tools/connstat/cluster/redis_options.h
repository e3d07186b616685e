/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The options of commands that reach a Redis.
 */
#ifndef TOOLS_REDIS_OPTIONS_H
#define TOOLS_REDIS_OPTIONS_H

#include "cli/options.h"
#include "redis/client.h"

enum {
    REDIS_OPTION_URL = OPTION_LONG + 100,
    REDIS_OPTION_PASSWORD_FILE,
    REDIS_OPTION_SENTINEL_PASSWORD_FILE,
    REDIS_OPTION_TLS_CA,
    REDIS_OPTION_TLS_CERT,
    REDIS_OPTION_TLS_KEY,
    REDIS_OPTION_CLUSTER,
};

/* The rows of these options, for a command's option table. */
#define REDIS_OPTION_ROWS                                                                          \
    {REDIS_OPTION_URL, "redis", "URL",                                                             \
     "redis://, rediss://, unix:// or redis-sentinel:// ($CONNSTAT_REDIS_URL)", NULL},             \
        {REDIS_OPTION_CLUSTER, "cluster", "NAME", "the cluster's name in Redis", NULL},            \
        {REDIS_OPTION_PASSWORD_FILE, "password-file", "FILE",                                      \
         "a file whose first line is the password ($CONNSTAT_REDIS_PASSWORD)", CHOOSE_FILE},       \
        {REDIS_OPTION_SENTINEL_PASSWORD_FILE, "sentinel-password-file", "FILE",                    \
         "the same for the sentinels ($CONNSTAT_SENTINEL_PASSWORD)", CHOOSE_FILE},                 \
        {REDIS_OPTION_TLS_CA, "tls-ca", "FILE",                                                    \
         "certificates of the authorities to trust, PEM; without it the system's", CHOOSE_FILE},   \
        {REDIS_OPTION_TLS_CERT, "tls-cert", "FILE", "this client's certificate, PEM",              \
         CHOOSE_FILE},                                                                             \
    {                                                                                              \
        REDIS_OPTION_TLS_KEY, "tls-key", "FILE", "its key, PEM", CHOOSE_FILE                       \
    }

struct redis_options {   /* starts as {0} */
    const char *cluster; /* NULL: not given */
    bool has_url;
    struct redis_login login;
};

/* For options_parse: take one of REDIS_OPTION_ROWS. redis points to a struct redis_options. */
bool redis_options_take(struct options *options, int id, void *redis);

/* Call it after options_parse. It adds what the environment says and checks whether all fits
 * together. False: it does not, which was printed; options->status is set. */
bool redis_options_finish(struct redis_options *redis, struct options *options);

/* Whether it can be the name of a node or a cluster: [A-Za-z0-9._-]{1,63}. */
bool redis_options_name(const char *name);

#endif
