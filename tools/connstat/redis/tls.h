/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * TLS by OpenSSL: version 1.2 or later; the certificate's chain, dates and host name are always
 * checked, and no option turns that off.
 */
#ifndef TOOLS_REDIS_TLS_H
#define TOOLS_REDIS_TLS_H

#include <openssl/types.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "redis/error.h"

/* These files are read at each connection, so that a renewed certificate is used without a
 * restart. */
struct redis_tls_files {
    const char *ca;   /* NULL: trust the authorities that the system trusts */
    const char *cert; /* NULL: this client shows no certificate; otherwise .key is its key */
    const char *key;
};

typedef int redis_wait_fn(int fd, short events, int64_t deadline); /* returns 0 or an errno */

/* Begin a session on a connected, non-blocking socket, handshake included. Returns NULL where it
 * failed. name is the server's name for people. OpenSSL writes without MSG_NOSIGNAL, so SIGPIPE
 * must be ignored. */
SSL *redis_tls_start(const struct redis_tls_files *files, int fd, const char *host,
                     const char *name, redis_wait_fn *wait, int64_t deadline,
                     struct redis_error *error);
void redis_tls_stop(SSL *tls); /* does nothing for NULL */

/* Like recv and send; after a result of 0 or less, redis_tls_wants says why. */
ssize_t redis_tls_read(SSL *tls, void *bytes, size_t size);
ssize_t redis_tls_write(SSL *tls, const void *bytes, size_t size);

/* Returns EAGAIN: try again once *events are there; 0: the other side has closed; otherwise an
 * errno. */
int redis_tls_wants(SSL *tls, int result, short *events);

#endif
