/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the kernel tells of a socket.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>

struct net_address {
    uint8_t bytes[16]; /* of AF_INET the first four */
    uint16_t port;
};

struct net_socket {
    uint64_t cookie;
    uint32_t inode;     /* 0: no process has it open, or none has accepted it yet */
    int family;         /* AF_INET, AF_INET6, AF_UNIX */
    int protocol;       /* IPPROTO_TCP, IPPROTO_UDP; of AF_UNIX 0 */
    int state;          /* TCP_ESTABLISHED ...; the kernel uses them for all kinds of sockets */
    uint32_t recvq;     /* bytes that wait for the process; of one that listens, connections */
    uint32_t sendq;     /* bytes that the other side has not acknowledged, sent or not yet */
    uint32_t interface; /* index of the interface that it is bound to; 0: none */
    struct net_address local, peer; /* not of AF_UNIX */

    bool
        has_tcp; /* the numbers below are known: it is a TCP socket, and no TIME_WAIT is left of it */
    uint32_t rtt_us, rttvar_us;
    uint32_t retrans;                /* segments, since the connection began */
    uint32_t cwnd;                   /* segments */
    uint32_t last_rx_ms, last_tx_ms; /* ago */
    uint64_t bytes_in;               /* received in order */
    uint64_t bytes_out;              /* that the other side has acknowledged */
};

#define NET_STATE(state)  (UINT32_C(1) << (state))
#define NET_STATES_ALL    UINT32_C(0xFFF)
#define NET_STATES_LIVING (NET_STATES_ALL & ~NET_STATE(TCP_TIME_WAIT))

/* "established", "time_wait" ...; "unconnected" of UDP and such. */
const char *net_state_name(const struct net_socket *socket);

/* Whether it is what net_state_name says of some socket. */
bool net_is_state(const char *name);

/* Whether a process may have it open. It cannot be told by which. */
static inline bool net_socket_is_owned(const struct net_socket *socket)
{
    return socket->inode != 0 && socket->state != TCP_TIME_WAIT;
}

/* "10.0.0.7:443", "[2001:db8::7]:443". Returns buf. */
#define NET_ADDRESS_BYTES 64
char *net_address_print(const struct net_socket *socket, const struct net_address *address,
                        char buf[NET_ADDRESS_BYTES]);

#endif
