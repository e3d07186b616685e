/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * TLS by OpenSSL: version 1.2 or later, the certificate's chain, dates and host name checked.
 * There is no switch to turn a check off.
 */
#ifndef TOOLS_REDIS_TLS_H
#define TOOLS_REDIS_TLS_H

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "redis/error.h"

/* Read at each connection, so that renewed files count without a restart. */
struct redis_tls_files {
    const char *ca;   /* NULL: the system's authorities */
    const char *cert; /* NULL: no certificate of one's own; else with key */
    const char *key;
};

typedef int redis_wait_fn(int fd, short events, int64_t deadline); /* 0, or an errno */

/* A session on a connected, non-blocking socket, after its handshake. Returns NULL: failed. name
 * is the server's for people. OpenSSL writes without MSG_NOSIGNAL: ignore SIGPIPE. */
SSL *redis_tls_start(const struct redis_tls_files *files, int fd, const char *host,
                     const char *name, redis_wait_fn *wait, int64_t deadline,
                     struct redis_error *error);
void redis_tls_stop(SSL *tls); /* NULL is fine */

/* As recv and send; on 0 or less ask redis_tls_wants. */
ssize_t redis_tls_read(SSL *tls, void *bytes, size_t size);
ssize_t redis_tls_write(SSL *tls, const void *bytes, size_t size);

/* EAGAIN: poll for *events; 0: the other side closed; else an errno. */
int redis_tls_wants(SSL *tls, int result, short *events);

#endif
