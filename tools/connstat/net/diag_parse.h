/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Reads the kernel's messages about sockets. Nothing is taken from beyond a message's end.
 */
#ifndef NET_DIAG_PARSE_H
#define NET_DIAG_PARSE_H

#include <linux/netlink.h>
#include <linux/unix_diag.h>

#include "net/socket.h"

/* The cookie of the socket that a message tells of; family is AF_UNIX or another. 0: the message is
 * too short. */
uint64_t diag_parse_cookie(const struct nlmsghdr *message, int family);

/* The whole. The message has a cookie, and protocol is IPPROTO_TCP or IPPROTO_UDP. */
void diag_parse_inet(const struct nlmsghdr *message, int protocol, struct net_socket *socket);
void diag_parse_unix(const struct nlmsghdr *message, struct net_socket *socket);

#endif
