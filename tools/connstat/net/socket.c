/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/socket.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define UNCONNECTED "unconnected"
#define UNKNOWN     "unknown"

static const char *const state_names[] = {
    [TCP_ESTABLISHED] = "established",
    [TCP_SYN_SENT] = "syn_sent",
    [TCP_SYN_RECV] = "syn_recv",
    [TCP_FIN_WAIT1] = "fin_wait1",
    [TCP_FIN_WAIT2] = "fin_wait2",
    [TCP_TIME_WAIT] = "time_wait",
    [TCP_CLOSE] = "close",
    [TCP_CLOSE_WAIT] = "close_wait",
    [TCP_LAST_ACK] = "last_ack",
    [TCP_LISTEN] = "listen",
    [TCP_CLOSING] = "closing",
};

const char *net_state_name(const struct net_socket *socket)
{
    bool is_tcp = socket->family != AF_UNIX && socket->protocol == IPPROTO_TCP;
    if (socket->state == TCP_CLOSE && !is_tcp)
        return UNCONNECTED;
    if (socket->state < TCP_ESTABLISHED || socket->state > TCP_CLOSING)
        return UNKNOWN;
    return state_names[socket->state];
}

bool net_is_state(const char *name)
{
    for (size_t i = TCP_ESTABLISHED; i < sizeof(state_names) / sizeof(*state_names); i++) {
        if (strcmp(name, state_names[i]) == 0)
            return true;
    }
    return strcmp(name, UNCONNECTED) == 0 || strcmp(name, UNKNOWN) == 0;
}

char *net_address_print(const struct net_socket *socket, const struct net_address *address,
                        char buf[NET_ADDRESS_BYTES])
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    char text[INET6_ADDRSTRLEN] = "?";
    const uint8_t *bytes = address->bytes;
    bool is_mapped = socket->family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0;
    if (socket->family == AF_INET || is_mapped) {
        inet_ntop(AF_INET, is_mapped ? bytes + sizeof(mapped) : bytes, text, sizeof(text));
        snprintf(buf, NET_ADDRESS_BYTES, "%s:%u", text, address->port);
    } else {
        inet_ntop(AF_INET6, bytes, text, sizeof(text));
        snprintf(buf, NET_ADDRESS_BYTES, "[%s]:%u", text, address->port);
    }
    return buf;
}
