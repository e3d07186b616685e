/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The socket that listens.
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

/* "127.0.0.1:9464", "[::1]:9464", "localhost:9464"; port 0: any that is free. Returns NULL, or
 * what is wrong with it in words. */
const char *listener_parse(struct listener *listener, const char *text);

/* Whether only this machine can reach it. */
bool listener_is_loopback(const struct listener *listener);

/* Returns 0 or a negative errno. */
int listener_open(struct listener *listener);

/* What it listens on by now: "127.0.0.1:9464". Returns buf. */
char *listener_text(const struct listener *listener, char buf[LISTENER_TEXT_BYTES]);

#endif
