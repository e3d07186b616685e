/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"

#define LISTENER_BACKLOG 128

/* Split a text at its last colon, and take the brackets off the host. False: there is no port. */
static bool split(const char *text, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(text, ':');
    if (!colon || colon[1] == '\0' || colon == text)
        return false;
    size_t length = (size_t)(colon - text);
    if (text[0] == '[' && colon[-1] == ']') {
        text++;
        length -= 2;
    } else if (memchr(text, ':', length)) {
        return false;
    }
    if (length == 0 || length >= size)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    *port = colon + 1;
    return true;
}

const char *listener_parse(struct listener *listener, const char *text)
{
    char host[256];
    const char *port;
    *listener = (struct listener){.socket = -1};
    if (!split(text, host, sizeof(host), &port))
        return "it is not ADDRESS:PORT, as in 127.0.0.1:9464 or [::1]:9464";

    uint64_t number; /* checked here, as getaddrinfo would take the lower 16 bits of any number */
    if (!text_number(port, &number) || number > UINT16_MAX)
        return "its port is a number from 0 to 65535";
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0)
        return gai_strerror(error);
    memcpy(&listener->address, found->ai_addr, found->ai_addrlen);
    listener->address_size = found->ai_addrlen;
    freeaddrinfo(found);
    return NULL;
}

bool listener_is_loopback(const struct listener *listener)
{
    if (listener->address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *address = (const struct sockaddr_in6 *)&listener->address;
        return IN6_IS_ADDR_LOOPBACK(&address->sin6_addr);
    }
    const struct sockaddr_in *address = (const struct sockaddr_in *)&listener->address;
    return ntohl(address->sin_addr.s_addr) >> 24 == 127;
}

static int listen_on(int socket, const struct listener *listener)
{
    int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(socket, (const struct sockaddr *)&listener->address, listener->address_size) != 0 ||
        listen(socket, LISTENER_BACKLOG) != 0)
        return -errno;
    return 0;
}

int listener_open(struct listener *listener)
{
    int fd = socket(listener->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int error = listen_on(fd, listener);
    if (error != 0) {
        close(fd);
        return error;
    }
    listener->socket = fd;
    getsockname(fd, (struct sockaddr *)&listener->address, &listener->address_size);
    return 0;
}

char *listener_text(const struct listener *listener, char buf[LISTENER_TEXT_BYTES])
{
    char host[INET6_ADDRSTRLEN] = "?", port[8] = "?";
    getnameinfo((const struct sockaddr *)&listener->address, listener->address_size, host,
                sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    bool six = listener->address.ss_family == AF_INET6;
    snprintf(buf, LISTENER_TEXT_BYTES, six ? "[%s]:%s" : "%s:%s", host, port);
    return buf;
}
