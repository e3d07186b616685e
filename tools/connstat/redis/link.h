/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Commands to a Redis and their replies, on a stream. hiredis writes and parses the protocol;
 * the version in Debian 12 has no TLS, so the bytes travel by redis_stream.
 */
#ifndef TOOLS_REDIS_LINK_H
#define TOOLS_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "redis/stream.h"

struct redis_link {
    struct redis_stream stream;
    redisReader *reader; /* NULL: not connected */
};

/* Takes over a connected stream. */
bool redis_link_start(struct redis_link *link, const struct redis_stream *stream,
                      struct redis_error *error);
void redis_link_close(struct redis_link *link); /* also where it is closed already */

/* One command, one reply, for freeReplyObject. A reply may be an error of the server's. NULL: the
 * connection failed, and is closed. */
redisReply *redis_link_command(struct redis_link *link, int argc, const char **argv,
                               int64_t deadline, struct redis_error *error);

/* Whether it is an error of the server's that starts with that code. */
bool redis_reply_is_error(const redisReply *reply, const char *code);

#endif
