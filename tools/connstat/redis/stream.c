/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "redis/stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"

/* Wait until the descriptor is ready for these events. Returns 0 or an errno; ETIMEDOUT: the
 * deadline came first. */
static int wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_ms();
        if (left <= 0)
            return ETIMEDOUT;
        struct pollfd pollfd = {.fd = fd, .events = events};
        int ready = poll(&pollfd, 1, left > 60000 ? 60000 : (int)left);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return errno;
    }
}

/* Returns a connected, non-blocking socket, or a negative errno. */
static int connect_socket(int family, const struct sockaddr *address, socklen_t size,
                          int64_t deadline)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int error = 0;
    if (connect(fd, address, size) != 0) {
        error = errno;
        if (error == EINPROGRESS)
            error = wait_for(fd, POLLOUT, deadline);
        socklen_t length = sizeof(error);
        if (error == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
            error = errno;
    }
    if (error) {
        close(fd);
        return -error;
    }
    return fd;
}

static bool unreachable(const struct redis_stream *stream, int error, struct redis_error *why)
{
    if (error == ETIMEDOUT)
        return redis_fail(why, "%s does not answer in time", stream->name);
    return redis_fail(why, "cannot connect to %s: %s", stream->name, strerror(error));
}

/* Try each address of the name in turn; each gets its share of the time that is left. */
static int connect_any(const struct addrinfo *list, int64_t deadline)
{
    int result = -EADDRNOTAVAIL, count = 0;
    for (const struct addrinfo *info = list; info; info = info->ai_next)
        count++;
    for (const struct addrinfo *info = list; info; info = info->ai_next, count--) {
        int64_t now = clock_ms();
        result = connect_socket(info->ai_family, info->ai_addr, info->ai_addrlen,
                                now + (deadline - now) / count);
        if (result >= 0) {
            setsockopt(result, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            break;
        }
    }
    return result;
}

bool redis_stream_connect(struct redis_stream *stream, const struct redis_address *address,
                          const struct redis_tls_files *tls, int64_t deadline,
                          struct redis_error *error)
{
    *stream = (struct redis_stream){.fd = -1};
    snprintf(stream->name, sizeof(stream->name), strchr(address->host, ':') ? "[%s]:%s" : "%s:%s",
             address->host, address->port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
    int failed = getaddrinfo(address->host, address->port, &hints, &list);
    if (failed)
        return redis_fail(error, "cannot find the host %s: %s", address->host,
                          failed == EAI_SYSTEM ? strerror(errno) : gai_strerror(failed));
    int fd = connect_any(list, deadline);
    freeaddrinfo(list);
    if (fd < 0)
        return unreachable(stream, -fd, error);
    stream->fd = fd;
    if (!tls)
        return true;
    stream->tls = redis_tls_start(tls, fd, address->host, stream->name, wait_for, deadline, error);
    if (!stream->tls)
        redis_stream_close(stream);
    return stream->tls != NULL;
}

bool redis_stream_connect_unix(struct redis_stream *stream, const char *path, int64_t deadline,
                               struct redis_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *stream = (struct redis_stream){.fd = -1};
    snprintf(stream->name, sizeof(stream->name), "%s", path);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int fd = connect_socket(AF_UNIX, (const struct sockaddr *)&address, sizeof(address), deadline);
    if (fd < 0)
        return unreachable(stream, -fd, error);
    stream->fd = fd;
    return true;
}

void redis_stream_close(struct redis_stream *stream)
{
    redis_tls_stop(stream->tls);
    stream->tls = NULL;
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

static bool lost(const struct redis_stream *stream, int error, struct redis_error *why)
{
    if (error == ETIMEDOUT)
        return redis_fail(why, "%s does not answer in time", stream->name);
    return redis_fail(why, "the connection to %s broke: %s", stream->name,
                      error ? strerror(error) : "the other side closed it");
}

/* What read and write do after an attempt. Returns 0: the stream has ended; -1: try again;
 * otherwise an errno. */
static int after_attempt(struct redis_stream *stream, ssize_t result, short events,
                         int64_t deadline)
{
    int error;
    if (stream->tls) {
        error = redis_tls_wants(stream->tls, (int)result, &events);
        if (error != EAGAIN)
            return error;
    } else if (result == 0) {
        return 0;
    } else if (errno == EINTR) {
        return -1;
    } else if (errno != EAGAIN) {
        return errno;
    }
    error = wait_for(stream->fd, events, deadline);
    return error ? error : -1;
}

bool redis_stream_write(struct redis_stream *stream, const void *bytes, size_t size,
                        int64_t deadline, struct redis_error *error)
{
    const char *rest = bytes;
    while (size > 0) {
        ssize_t result = stream->tls ? redis_tls_write(stream->tls, rest, size)
                                     : send(stream->fd, rest, size, MSG_NOSIGNAL);
        if (result > 0) {
            rest += result;
            size -= (size_t)result;
            continue;
        }
        int failed = after_attempt(stream, result, POLLOUT, deadline);
        if (failed >= 0)
            return lost(stream, failed, error);
    }
    return true;
}

size_t redis_stream_read(struct redis_stream *stream, void *bytes, size_t size, int64_t deadline,
                         struct redis_error *error)
{
    for (;;) {
        ssize_t result = stream->tls ? redis_tls_read(stream->tls, bytes, size)
                                     : recv(stream->fd, bytes, size, 0);
        if (result > 0)
            return (size_t)result;
        int failed = after_attempt(stream, result, POLLIN, deadline);
        if (failed >= 0) {
            lost(stream, failed, error);
            return 0;
        }
    }
}
