/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "net/diag_parse.h"

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

/* struct tcp_info of <linux/tcp.h>, as far as it is read here: <netinet/tcp.h> has the beginning
 * alone, and the two cannot be included together. The kernel only ever adds at the end. */
struct tcp_numbers {
    struct tcp_info begin;
    uint64_t pacing_rate, max_pacing_rate;
    uint64_t bytes_acked, bytes_received;
};
_Static_assert(sizeof(struct tcp_info) == 104, "the kernel's numbers follow the 104 bytes");
_Static_assert(offsetof(struct tcp_numbers, bytes_acked) == 120, "as in <linux/tcp.h>");

static uint64_t join(const uint32_t halves[2])
{
    return (uint64_t)halves[1] << 32 | halves[0];
}

uint64_t diag_parse_cookie(const struct nlmsghdr *message, int family)
{
    const void *body = mnl_nlmsg_get_payload(message);
    size_t size = mnl_nlmsg_get_payload_len(message);
    if (family == AF_UNIX)
        return size < sizeof(struct unix_diag_msg)
                   ? 0
                   : join(((const struct unix_diag_msg *)body)->udiag_cookie);
    return size < sizeof(struct inet_diag_msg)
               ? 0
               : join(((const struct inet_diag_msg *)body)->id.idiag_cookie);
}

/* Older kernels send less; what is missing is 0. */
static void read_tcp(const struct nlattr *attribute, struct net_socket *socket)
{
    struct tcp_numbers numbers = {0};
    size_t size = mnl_attr_get_payload_len(attribute);
    memcpy(&numbers, mnl_attr_get_payload(attribute),
           size < sizeof(numbers) ? size : sizeof(numbers));
    socket->has_tcp = true;
    socket->rtt_us = numbers.begin.tcpi_rtt;
    socket->rttvar_us = numbers.begin.tcpi_rttvar;
    socket->retrans = numbers.begin.tcpi_total_retrans;
    socket->cwnd = numbers.begin.tcpi_snd_cwnd;
    socket->last_rx_ms = numbers.begin.tcpi_last_data_recv;
    socket->last_tx_ms = numbers.begin.tcpi_last_data_sent;
    socket->bytes_in = numbers.bytes_received;
    socket->bytes_out = numbers.bytes_acked;
}

static struct net_address address_of(const uint32_t words[4], uint16_t port)
{
    struct net_address address = {.port = ntohs(port)};
    memcpy(address.bytes, words, sizeof(address.bytes));
    return address;
}

/* The end of either direction counts as a byte in the kernel's numbers. The peer's has come, or ours
 * was sent, or ours has been acknowledged. */
static void take_ends_off(struct net_socket *socket)
{
    uint32_t state = NET_STATE(socket->state);
    const uint32_t peer_ended =
        NET_STATE(TCP_CLOSE_WAIT) | NET_STATE(TCP_LAST_ACK) | NET_STATE(TCP_CLOSING);
    const uint32_t end_waits =
        NET_STATE(TCP_FIN_WAIT1) | NET_STATE(TCP_LAST_ACK) | NET_STATE(TCP_CLOSING);
    if (state & peer_ended) {
        socket->recvq -= socket->recvq > 0;
        socket->bytes_in -= socket->bytes_in > 0;
    }
    if (state & end_waits)
        socket->sendq -= socket->sendq > 0;
    if (state == NET_STATE(TCP_FIN_WAIT2))
        socket->bytes_out -= socket->bytes_out > 0;
}

void diag_parse_inet(const struct nlmsghdr *message, int protocol, struct net_socket *socket)
{
    const struct inet_diag_msg *body = mnl_nlmsg_get_payload(message);
    *socket = (struct net_socket){
        .cookie = join(body->id.idiag_cookie),
        .inode = body->idiag_inode,
        .family = body->idiag_family,
        .protocol = protocol,
        .state = body->idiag_state,
        .recvq = body->idiag_rqueue,
        .sendq = body->idiag_wqueue,
        .interface = body->id.idiag_if,
        .local = address_of(body->id.idiag_src, body->id.idiag_sport),
        .peer = address_of(body->id.idiag_dst, body->id.idiag_dport),
    };
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, sizeof(*body))
    {
        if (mnl_attr_get_type(attribute) == INET_DIAG_INFO && protocol == IPPROTO_TCP)
            read_tcp(attribute, socket);
    }
    if (protocol == IPPROTO_TCP)
        take_ends_off(socket);
}

void diag_parse_unix(const struct nlmsghdr *message, struct net_socket *socket)
{
    const struct unix_diag_msg *body = mnl_nlmsg_get_payload(message);
    *socket = (struct net_socket){.cookie = join(body->udiag_cookie),
                                  .inode = body->udiag_ino,
                                  .family = AF_UNIX,
                                  .state = body->udiag_state};
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, sizeof(*body))
    {
        struct unix_diag_rqlen queues;
        if (mnl_attr_get_type(attribute) != UNIX_DIAG_RQLEN ||
            mnl_attr_get_payload_len(attribute) < sizeof(queues))
            continue;
        memcpy(&queues, mnl_attr_get_payload(attribute), sizeof(queues));
        socket->recvq = queues.udiag_rqueue;
        socket->sendq = queues.udiag_wqueue;
    }
}
