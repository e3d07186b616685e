/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Who is at the other end, where a server starts a program for each connection.
 */
#ifndef TOOLS_PEER_H
#define TOOLS_PEER_H

#include <connstat.h>

struct peer {
    char addr[64]; /* "" where nothing tells */
    int port;      /* 0: not known */
    bool has_socket;
    struct connstat_field socket; /* of descriptor 0, where that is a socket */
};

/* Finds the client's address. It asks the socket if descriptor 0 is one; if not, it takes what the server has
 * put into the environment. */
void peer_find(struct peer *peer);

/* Is standard error the client's socket, too, as inetd has it? What is written there it receives. */
bool peer_hears_errors(void);

#endif
