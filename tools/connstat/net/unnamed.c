/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/unnamed.h"

#include <stdlib.h>

/* What listens is no connection; TIME_WAIT and a half-open one are nobody's. */
#define STATES_OF_CONNECTIONS                                                                      \
    (NET_STATES_LIVING & ~(NET_STATE(TCP_LISTEN) | NET_STATE(TCP_SYN_RECV) | NET_STATE(TCP_CLOSE)))

static void add_listener(const struct net_socket *socket, void *arg)
{
    ports_add(arg, socket->local.port);
}

static bool is_unnamed(uint64_t cookie, void *arg)
{
    const struct unnamed *unnamed = arg;
    return !network_wants(unnamed->network, cookie);
}

static bool reserve(struct unnamed *unnamed)
{
    if (unnamed->count < unnamed->capacity)
        return true;
    size_t capacity = unnamed->capacity ? 2 * unnamed->capacity : 64;
    struct net_socket *sockets = reallocarray(unnamed->sockets, capacity, sizeof(*sockets));
    if (!sockets)
        return false;
    unnamed->sockets = sockets;
    unnamed->capacity = capacity;
    return true;
}

static bool has_it(const struct unnamed *unnamed, uint64_t cookie)
{
    for (size_t i = unnamed->count; i > 0 && i + 64 > unnamed->count; i--) {
        if (unnamed->sockets[i - 1].cookie == cookie)
            return true;
    }
    return false;
}

/* The kernel may tell of one twice where others come and go, soon after the first time. */
static void add_socket(const struct net_socket *socket, void *arg)
{
    struct unnamed *unnamed = arg;
    if (!net_socket_is_owned(socket) || !ports_has(&unnamed->ports, socket->local.port) ||
        has_it(unnamed, socket->cookie))
        return;
    if (reserve(unnamed))
        unnamed->sockets[unnamed->count++] = *socket;
    else
        unnamed->out_of_memory = true;
}

static int find_ports(struct unnamed *unnamed, struct diag *diag, const struct ports *named)
{
    struct ports listening = {0};
    struct diag_request request = {DIAG_TCP, NET_STATE(TCP_LISTEN)};
    struct diag_visitor visitor = {NULL, add_listener, &listening};
    int error = diag_dump(diag, &request, &visitor);
    unnamed->ports = ports_common(named, &listening);
    return error;
}

static int find_sockets(struct unnamed *unnamed, struct diag *diag)
{
    uint16_t list[DIAG_MAX_PORTS];
    struct diag_request request = {DIAG_TCP, STATES_OF_CONNECTIONS};
    struct diag_visitor visitor = {is_unnamed, add_socket, unnamed};
    if (unnamed->ports.count == 0)
        return 0;
    if (unnamed->ports.count <= DIAG_MAX_PORTS) { /* else the kernel tells of all ports */
        request.ports = list;
        request.port_count = ports_list(&unnamed->ports, list, DIAG_MAX_PORTS);
    }
    return diag_dump(diag, &request, &visitor);
}

int unnamed_find(struct unnamed *unnamed, const struct ports *ports, const struct ports *named,
                 char *problem, size_t size)
{
    struct diag diag;
    enum diag_kind kind = DIAG_KINDS;
    int error = diag_open(&diag);
    if (error == 0) {
        kind = DIAG_TCP;
        if (ports)
            unnamed->ports = *ports;
        else
            error = find_ports(unnamed, &diag, named);
        if (error == 0)
            error = find_sockets(unnamed, &diag);
    }
    diag_close(&diag);
    if (error < 0)
        diag_advice(error, kind, problem, size);
    return error;
}
