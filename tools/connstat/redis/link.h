/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Commands to a Redis and their replies. hiredis formats and parses the protocol; but the hiredis
 * of Debian 12 has no TLS, so redis_stream carries the bytes.
 */
#ifndef TOOLS_REDIS_LINK_H
#define TOOLS_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "redis/stream.h"

struct redis_link {
    struct redis_stream stream;
    redisReader *reader; /* NULL: not connected */
};

/* Begin on a connected stream, which the link then owns. False: the stream is closed. */
bool redis_link_start(struct redis_link *link, const struct redis_stream *stream,
                      struct redis_error *error);
void redis_link_close(struct redis_link *link); /* does nothing where it is closed already */

/* Send one command and wait for its reply, which may be an error of the server's; free it with
 * freeReplyObject. NULL: the connection failed and is closed. */
redisReply *redis_link_command(struct redis_link *link, int argc, const char **argv,
                               int64_t deadline, struct redis_error *error);

/* Whether the reply is an error whose text begins with code. */
bool redis_reply_is_error(const redisReply *reply, const char *code);

#endif
