/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Where a Redis is:
 *
 *     redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]       rediss:// with TLS
 *     unix://[USER[:PASSWORD]@]/PATH[?db=DATABASE]
 *     redis-sentinel://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]]...[/SERVICE[/DATABASE]]
 *                                                            rediss-sentinel:// with TLS
 */
#ifndef TOOLS_REDIS_URL_H
#define TOOLS_REDIS_URL_H

#include <stdbool.h>

#define REDIS_ADDRESSES    8
#define REDIS_HOST_BYTES   254
#define REDIS_SECRET_BYTES 513

enum redis_kind { REDIS_TCP, REDIS_UNIX, REDIS_SENTINEL };

struct redis_address {
    char host[REDIS_HOST_BYTES];
    char port[6];
};

struct redis_url {
    enum redis_kind kind;
    bool tls;
    struct redis_address addresses[REDIS_ADDRESSES]; /* one, or the sentinels */
    int address_count;
    char path[108];    /* REDIS_UNIX */
    char service[128]; /* REDIS_SENTINEL */
    char user[128];    /* "": none */
    char password[REDIS_SECRET_BYTES];
    unsigned database;
};

/* Returns NULL, or what is wrong with text, in words that never hold a part of it. */
const char *redis_url_parse(const char *text, struct redis_url *url);

/* "host:port" or "[host]:port", as in a URL. Returns whether it is one. */
bool redis_address_parse(const char *text, const char *default_port, struct redis_address *address);

#endif
