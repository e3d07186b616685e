/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The socket that the server listens on.
 */
#ifndef SERVE_LISTENER_H
#define SERVE_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define LISTENER_TEXT_BYTES 80

struct listener {
    struct sockaddr_storage address;
    socklen_t address_size;
    int socket;
};

/* Read an address: "127.0.0.1:9464", "[::1]:9464", "localhost:9464"; port 0 means any that is free.
 * Returns NULL, or in words what is wrong with it. */
const char *listener_parse(struct listener *listener, const char *text);

/* Whether only this machine can reach the address. */
bool listener_is_loopback(const struct listener *listener);

/* Open the socket and listen. Returns 0 or a negative errno. */
int listener_open(struct listener *listener);

/* The address that it listens on, its port known by now: "127.0.0.1:9464". Returns buf. */
char *listener_text(const struct listener *listener, char buf[LISTENER_TEXT_BYTES]);

#endif
