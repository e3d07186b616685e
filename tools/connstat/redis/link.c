/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "redis/link.h"

#include <stdlib.h>
#include <string.h>

/* Far more than the answer for 100,000 nodes needs, and less than would exhaust a machine. */
#define REPLY_BYTES_MAX (64u << 20)

bool redis_link_start(struct redis_link *link, const struct redis_stream *stream,
                      struct redis_error *error)
{
    link->stream = *stream;
    link->reader = redisReaderCreate();
    if (link->reader)
        return true;
    redis_stream_close(&link->stream);
    return redis_fail(error, "out of memory");
}

void redis_link_close(struct redis_link *link)
{
    if (!link->reader)
        return;
    redis_stream_close(&link->stream);
    redisReaderFree(link->reader);
    link->reader = NULL;
}

static bool send_command(struct redis_link *link, int argc, const char **argv, int64_t deadline,
                         struct redis_error *error)
{
    char *bytes;
    int size = redisFormatCommandArgv(&bytes, argc, argv, NULL);
    if (size < 0)
        return redis_fail(error, "out of memory");
    bool sent = redis_stream_write(&link->stream, bytes, (size_t)size, deadline, error);
    explicit_bzero(bytes, (size_t)size); /* it may have been AUTH, with a password */
    redisFreeCommand(bytes);
    return sent;
}

static redisReply *receive(struct redis_link *link, int64_t deadline, struct redis_error *error)
{
    size_t total = 0;
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(link->reader, &reply) != REDIS_OK) {
            redis_fail(error, "%s does not speak Redis' protocol: %s", link->stream.name,
                       link->reader->errstr);
            return NULL;
        }
        if (reply)
            return reply;
        char bytes[16384];
        size_t size = redis_stream_read(&link->stream, bytes, sizeof(bytes), deadline, error);
        if (size == 0)
            return NULL;
        total += size;
        if (total > REPLY_BYTES_MAX || redisReaderFeed(link->reader, bytes, size) != REDIS_OK) {
            redis_fail(error, "the reply of %s is too long", link->stream.name);
            return NULL;
        }
    }
}

redisReply *redis_link_command(struct redis_link *link, int argc, const char **argv,
                               int64_t deadline, struct redis_error *error)
{
    redisReply *reply = NULL;
    if (send_command(link, argc, argv, deadline, error))
        reply = receive(link, deadline, error);
    if (!reply)
        redis_link_close(link);
    return reply;
}

bool redis_reply_is_error(const redisReply *reply, const char *code)
{
    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, code, strlen(code)) == 0;
}
