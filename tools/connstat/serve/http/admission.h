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
    unsigned char token[ADMISSION_TOKEN_BYTES]; /* padded with zeros */
    size_t token_size;                          /* 0: nothing is asked for */
};

void admission_init(struct admission *admission);
bool admission_allow_host(struct admission *admission, const char *host); /* false: one too many */

/* The first line of the file. Returns NULL, or what is wrong with it in words. */
const char *admission_read_token(struct admission *admission, const char *path);

/* host: the Host header, with or without a port; NULL: none came. */
bool admission_knows_host(const struct admission *admission, const char *host);

/* authorization: that header, or NULL. Takes the same time however much of it is right. */
bool admission_knows_token(const struct admission *admission, const char *authorization);

#endif
