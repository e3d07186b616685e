/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "redis/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>

static const char *openssl_words(void)
{
    unsigned long code = ERR_peek_last_error();
    const char *words = code ? ERR_reason_error_string(code) : NULL;
    return words ? words : "unknown error";
}

static bool load_files(SSL_CTX *context, const struct redis_tls_files *files,
                       struct redis_error *error)
{
    if (files->ca && SSL_CTX_load_verify_file(context, files->ca) != 1)
        return redis_fail(error, "cannot read authorities' certificates (PEM) from %s: %s",
                          files->ca, openssl_words());
    if (!files->ca && SSL_CTX_set_default_verify_paths(context) != 1)
        return redis_fail(error, "cannot read the system's certificate authorities: %s",
                          openssl_words());
    if (!files->cert)
        return true;
    if (SSL_CTX_use_certificate_chain_file(context, files->cert) != 1)
        return redis_fail(error, "cannot read a certificate (PEM) from %s: %s", files->cert,
                          openssl_words());
    if (SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) != 1)
        return redis_fail(error, "cannot read the key of %s from %s: %s", files->cert, files->key,
                          openssl_words());
    return true;
}

static SSL_CTX *make_context(const struct redis_tls_files *files, struct redis_error *error)
{
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        redis_fail(error, "cannot set up TLS: %s", openssl_words());
    } else if (load_files(context, files, error)) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_mode(context,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        return context;
    }
    SSL_CTX_free(context);
    return NULL;
}

/* Set the name that the server's certificate must be for. */
static bool set_host(SSL *tls, const char *host)
{
    unsigned char address[16];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1;
    SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(tls, host) == 1 && SSL_set_tlsext_host_name(tls, host) == 1;
}

static void explain_certificate(SSL *tls, const char *host, const char *name,
                                struct redis_error *error)
{
    long result = SSL_get_verify_result(tls);
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        redis_fail(error, "the certificate of %s has expired: renew it on the server", name);
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        redis_fail(error, "the certificate of %s is not valid yet: check the clocks", name);
        return;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        redis_fail(error,
                   "the certificate of %s is not for \"%s\": name the host as its certificate does",
                   name, host);
        return;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        redis_fail(error,
                   "the certificate of %s comes from an authority that is not trusted here: "
                   "name the right one with --tls-ca",
                   name);
        return;
    default:
        redis_fail(error, "the certificate of %s is refused: %s", name,
                   X509_verify_cert_error_string(result));
    }
}

static void explain_failure(SSL *tls, const char *host, const char *name, int failed,
                            struct redis_error *error)
{
    if (SSL_get_verify_result(tls) != X509_V_OK)
        explain_certificate(tls, host, name, error);
    else if (failed == ETIMEDOUT)
        redis_fail(error, "%s does not answer to a TLS handshake: is TLS on at this port?", name);
    else if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_WRONG_VERSION_NUMBER)
        redis_fail(error, "%s does not speak TLS: use redis:// or turn TLS on there", name);
    else if (ERR_peek_last_error())
        redis_fail(error, "no TLS with %s: %s", name, openssl_words());
    else
        redis_fail(error, "no TLS with %s: %s", name,
                   failed ? strerror(failed) : "the other side closed the connection");
}

static bool handshake(SSL *tls, int fd, const char *host, const char *name, redis_wait_fn *wait,
                      int64_t deadline, struct redis_error *error)
{
    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(tls);
        if (result == 1)
            return true;
        short events = 0;
        int failed = redis_tls_wants(tls, result, &events);
        if (failed == EAGAIN)
            failed = wait(fd, events, deadline);
        else if (failed == 0)
            failed = ECONNRESET;
        if (failed) {
            explain_failure(tls, host, name, failed, error);
            return false;
        }
    }
}

SSL *redis_tls_start(const struct redis_tls_files *files, int fd, const char *host,
                     const char *name, redis_wait_fn *wait, int64_t deadline,
                     struct redis_error *error)
{
    SSL_CTX *context = make_context(files, error);
    if (!context)
        return NULL;
    SSL *tls = SSL_new(context);
    SSL_CTX_free(context); /* the session keeps its own reference */
    if (!tls || !set_host(tls, host) || SSL_set_fd(tls, fd) != 1) {
        redis_fail(error, "cannot set up TLS with %s: %s", name, openssl_words());
    } else if (handshake(tls, fd, host, name, wait, deadline, error)) {
        return tls;
    }
    SSL_free(tls);
    return NULL;
}

void redis_tls_stop(SSL *tls)
{
    if (!tls)
        return;
    ERR_clear_error();
    SSL_shutdown(tls);
    SSL_free(tls);
}

static int as_int(size_t size)
{
    return size > 1 << 20 ? 1 << 20 : (int)size;
}

ssize_t redis_tls_read(SSL *tls, void *bytes, size_t size)
{
    ERR_clear_error();
    return SSL_read(tls, bytes, as_int(size));
}

ssize_t redis_tls_write(SSL *tls, const void *bytes, size_t size)
{
    ERR_clear_error();
    return SSL_write(tls, bytes, as_int(size));
}

int redis_tls_wants(SSL *tls, int result, short *events)
{
    int os_error = errno;
    switch (SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
        *events = POLLIN;
        return EAGAIN;
    case SSL_ERROR_WANT_WRITE:
        *events = POLLOUT;
        return EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        return os_error;
    default:
        return EPROTO;
    }
}
