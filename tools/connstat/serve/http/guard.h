/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Who may ask: the names this server answers to, and the token.
 *
 * A page of another site can make a browser ask us by letting its own name point here (DNS
 * rebinding); the Host header then carries that name. Addresses cannot be rebound, names that
 * we were told are ours.
 */
#ifndef SERVE_GUARD_H
#define SERVE_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#define GUARD_MAX_HOSTS   16
#define GUARD_TOKEN_BYTES 256
#define GUARD_TOKEN_MIN   16

struct guard {
    const char *hosts[GUARD_MAX_HOSTS];
    size_t host_count;
    char own_host[65];
    unsigned char token[GUARD_TOKEN_BYTES]; /* padded with zeros */
    size_t token_size;                      /* 0: nothing is asked for */
};

void guard_init(struct guard *guard);
bool guard_allow_host(struct guard *guard, const char *host); /* false: one too many */

/* The first line of the file. Returns NULL, or what is wrong with it in words. */
const char *guard_read_token(struct guard *guard, const char *path);

/* host: the Host header, with or without a port; NULL: none came. */
bool guard_knows_host(const struct guard *guard, const char *host);

/* authorization: that header, or NULL. Takes the same time however much of it is right. */
bool guard_knows_token(const struct guard *guard, const char *authorization);

#endif
