/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "act/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- by the socket -------------------------------------------------------------------------- */

static void take_ipv4(const struct in_addr *addr, in_port_t port, struct peer *peer)
{
    inet_ntop(AF_INET, addr, peer->addr, sizeof(peer->addr));
    peer->port = ntohs(port);
}

/* A listener for both kinds sees IPv4 clients as ::ffff:10.0.0.7. */
static void take_ipv6(const struct sockaddr_in6 *in6, struct peer *peer)
{
    struct in_addr mapped;

    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        memcpy(&mapped, &in6->sin6_addr.s6_addr[12], sizeof(mapped));
        take_ipv4(&mapped, in6->sin6_port, peer);
        return;
    }
    inet_ntop(AF_INET6, &in6->sin6_addr, peer->addr, sizeof(peer->addr));
    peer->port = ntohs(in6->sin6_port);
}

static void ask_socket(struct peer *peer)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_storage storage;
    } address;
    socklen_t size = sizeof(address);

    if (getpeername(STDIN_FILENO, &address.any, &size) != 0)
        return;
    if (address.any.sa_family == AF_INET)
        take_ipv4(&address.in.sin_addr, address.in.sin_port, peer);
    else if (address.any.sa_family == AF_INET6)
        take_ipv6(&address.in6, peer);
}

/* ---- by the environment --------------------------------------------------------------------- */

static int read_port(const char *text)
{
    char *end;
    long port = strtol(text, &end, 10);

    return end != text && port > 0 && port <= 65535 ? (int)port : 0;
}

/* The first word; socat writes [2001:0db8:0000:0000:0000:0000:0000:0007]. */
static void take_addr(const char *text, struct peer *peer)
{
    struct sockaddr_in6 in6 = {0};

    text += *text == '[';
    snprintf(peer->addr, sizeof(peer->addr), "%.*s", (int)strcspn(text, " ]"), text);
    if (inet_pton(AF_INET6, peer->addr, &in6.sin6_addr) == 1)
        take_ipv6(&in6, peer);
}

static bool ask_pair(const char *addr_name, const char *port_name, struct peer *peer)
{
    const char *addr = getenv(addr_name), *port = getenv(port_name);

    if (addr == NULL || *addr == '\0')
        return false;
    take_addr(addr, peer);
    peer->port = port != NULL ? read_port(port) : 0;
    return true;
}

/* "10.0.0.7 50000 10.0.0.1 22" */
static void ask_ssh(struct peer *peer)
{
    const char *connection = getenv("SSH_CONNECTION");
    const char *port = connection != NULL ? strchr(connection, ' ') : NULL;

    if (port == NULL)
        return;
    take_addr(connection, peer);
    peer->port = read_port(port);
}

void peer_find(struct peer *peer)
{
    *peer = (struct peer){"", 0};
    peer->has_socket = connstat_socket(STDIN_FILENO, &peer->socket) == 0;
    ask_socket(peer);
    if (*peer->addr == '\0' && !ask_pair("REMOTE_ADDR", "REMOTE_PORT", peer) &&
        !ask_pair("SOCAT_PEERADDR", "SOCAT_PEERPORT", peer) &&
        !ask_pair("NCAT_REMOTE_ADDR", "NCAT_REMOTE_PORT", peer))
        ask_ssh(peer);
}

bool peer_hears_errors(void)
{
    struct stat in, err;

    return fstat(STDIN_FILENO, &in) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
           S_ISSOCK(in.st_mode) && in.st_dev == err.st_dev && in.st_ino == err.st_ino;
}
