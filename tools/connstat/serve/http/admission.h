/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Who may ask: the names this server answers to, and the token.
 *
 * A page of another site can make a browser ask us by letting its own name point here (DNS
 * rebinding); the Host header then carries that name. Addresses cannot be rebound, names that
 * we were told are ours.
 */
#ifndef SERVE_ADMISSION_H
#define SERVE_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>

#define ADMISSION_MAX_HOSTS   16
#define ADMISSION_TOKEN_BYTES 256
#define ADMISSION_TOKEN_MIN   16

struct admission {
    const char *hosts[ADMISSION_MAX_HOSTS];
    size_t host_count;
    char own_host[65];
    unsigned char token[ADMISSION_TOKEN_BYTES]; /* the rest of it is zeros */
    size_t token_size;                          /* 0: no token is asked for */
};

void admission_init(struct admission *admission);
bool admission_allow_host(struct admission *admission, const char *host); /* false: one too many */

/* Read the token from the first line of the file. Returns NULL, or in words what is wrong with
 * it. */
const char *admission_read_token(struct admission *admission, const char *path);

/* Whether the server answers to the name in a Host header, with or without a port. NULL: no such
 * header came. */
bool admission_knows_host(const struct admission *admission, const char *host);

/* Whether an Authorization header, or NULL, has the token. Takes the same time however much of it
 * is right. */
bool admission_knows_token(const struct admission *admission, const char *authorization);

#endif
