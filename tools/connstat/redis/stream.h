/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Bytes to and from a Redis, over TCP, a unix socket or TLS. Nothing here waits longer than until
 * its deadline (a time of clock_ms), except the resolver of host names.
 */
#ifndef TOOLS_REDIS_STREAM_H
#define TOOLS_REDIS_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "redis/error.h"
#include "redis/tls.h"
#include "redis/url.h"

struct redis_stream {
    int fd;
    SSL *tls;       /* NULL: without TLS */
    char name[300]; /* the server's name for people: "10.0.0.7:6379", or the path of its socket */
};

/* Connect before the deadline; tls NULL: without TLS. False: the error is set. */
bool redis_stream_connect(struct redis_stream *stream, const struct redis_address *address,
                          const struct redis_tls_files *tls, int64_t deadline,
                          struct redis_error *error);
bool redis_stream_connect_unix(struct redis_stream *stream, const char *path, int64_t deadline,
                               struct redis_error *error);
void redis_stream_close(struct redis_stream *stream);

bool redis_stream_write(struct redis_stream *stream, const void *bytes, size_t size,
                        int64_t deadline, struct redis_error *error);

/* Read at least one byte and at most size. Returns how many; 0: it failed, and the error is set. */
size_t redis_stream_read(struct redis_stream *stream, void *bytes, size_t size, int64_t deadline,
                         struct redis_error *error);

#endif
