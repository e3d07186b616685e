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
    struct redis_address addresses[REDIS_ADDRESSES]; /* one address; or those of the sentinels */
    int address_count;
    char path[108];    /* of a REDIS_UNIX */
    char service[128]; /* of a REDIS_SENTINEL: the name of its service */
    char user[128];    /* "": the default user */
    char password[REDIS_SECRET_BYTES];
    unsigned database;
};

/* Returns NULL, or in words what is wrong with text. The words never hold a part of text, which may
 * hold a password. */
const char *redis_url_parse(const char *text, struct redis_url *url);

/* Read "host:port" or "[host]:port", as in a URL; without a port it is default_port. Returns
 * whether text is one. */
bool redis_address_parse(const char *text, const char *default_port, struct redis_address *address);

#endif
