/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sockets of the server that no entry names.
 */
#ifndef NET_UNNAMED_H
#define NET_UNNAMED_H

#include "net/network.h"
#include "net/ports.h"

struct unnamed {                   /* starts as {.network} */
    const struct network *network; /* the cookies that entries name are wanted in it */
    struct ports ports;            /* on which was looked */
    struct net_socket *sockets;    /* from malloc */
    size_t count, capacity;
    bool out_of_memory;
};

/* Look for TCP connections that a process has open on these ports; ports NULL: on those of named on
 * which somebody listens. Returns 0; or a negative errno, with what it means in problem. */
int unnamed_find(struct unnamed *unnamed, const struct ports *ports, const struct ports *named,
                 char *problem, size_t size);

#endif
