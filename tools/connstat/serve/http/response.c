/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/http/response.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "web/page.h"

#define RESPONSE_SMALL_BYTES 1024 /* a body of this size or less is not compressed */
#define RESPONSE_ETAG_BYTES  32

double response_quality(const char *header, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = header; at && *at;) {
        at += strspn(at, " \t,");
        size_t item = strcspn(at, ","), word = strcspn(at, ",; \t");
        if (word == length && strncasecmp(at, name, length) == 0) {
            const char *q = at + word;
            for (; q < at + item; q++) {
                if (strncasecmp(q, "q=", 2) == 0)
                    return strtod(q + 2, NULL);
            }
            return 1;
        }
        at += item;
    }
    return -1;
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static bool takes_gzip(struct MHD_Connection *connection)
{
    return response_quality(header_of(connection, "Accept-Encoding"), "gzip") > 0;
}

/* Whether the header If-None-Match names this tag, or any. Tags are compared weakly, as RFC 9110
 * asks for. */
static bool is_known(struct MHD_Connection *connection, const char *etag)
{
    const char *known = header_of(connection, "If-None-Match");
    return known && (strcmp(known, "*") == 0 || strstr(known, etag + 2));
}

/* Make the tag of a body by FNV-1a. It need not resist attacks: who made two of our answers collide
 * would only see an old answer to a request of his own. */
static void make_etag(const char *body, size_t size, char etag[RESPONSE_ETAG_BYTES])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)body[i]) * UINT64_C(1099511628211);
    snprintf(etag, RESPONSE_ETAG_BYTES, "W/\"%016llx\"", (unsigned long long)hash);
}

static void add_headers(struct MHD_Response *response, unsigned status, const char *content_type)
{
    static const struct {
        const char *name, *value;
    } always[] = {
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", PAGE_CONTENT_SECURITY_POLICY},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Referrer-Policy", "no-referrer"},
        {"Vary", "Accept, Accept-Encoding, Authorization"},
        {"X-Content-Type-Options", "nosniff"},
    };
    for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
        MHD_add_response_header(response, always[i].name, always[i].value);
    MHD_add_response_header(response, "Content-Type", content_type);
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer realm=\"connstat\"");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, "Retry-After", "2");
}

static enum MHD_Result queue(struct MHD_Connection *connection, unsigned status,
                             struct MHD_Response *response)
{
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result response_send_stream(struct MHD_Connection *connection, const char *content_type,
                                     struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    add_headers(response, MHD_HTTP_OK, content_type);
    return queue(connection, MHD_HTTP_OK, response);
}

static enum MHD_Result send_unchanged(struct MHD_Connection *connection, const char *content_type,
                                      const char *etag)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    add_headers(response, MHD_HTTP_NOT_MODIFIED, content_type);
    MHD_add_response_header(response, "ETag", etag);
    return queue(connection, MHD_HTTP_NOT_MODIFIED, response);
}

/* Returns the body in gzip; or NULL where that is not smaller, or there is no memory. */
static char *compress_body(const char *body, size_t size, size_t *compressed_size)
{
    z_stream stream = {.next_in = (unsigned char *)body, .avail_in = (unsigned)size};
    char *compressed = malloc(size);
    /* 15 + 16: the largest window, with gzip's header; the fastest level already does most. */
    if (!compressed ||
        deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(compressed);
        return NULL;
    }
    stream.next_out = (unsigned char *)compressed;
    stream.avail_out = (unsigned)size;
    bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    *compressed_size = size - stream.avail_out;
    deflateEnd(&stream);
    if (whole)
        return compressed;
    free(compressed);
    return NULL;
}

enum MHD_Result response_send(struct MHD_Connection *connection, unsigned status,
                              const char *content_type, char *body, size_t size)
{
    char etag[RESPONSE_ETAG_BYTES] = "";
    bool compressed = false;
    if (status == MHD_HTTP_OK) {
        make_etag(body, size, etag);
        if (is_known(connection, etag)) {
            free(body);
            return send_unchanged(connection, content_type, etag);
        }
    }
    if (size >= RESPONSE_SMALL_BYTES && size <= UINT32_MAX / 2 && takes_gzip(connection)) {
        size_t smaller_size;
        char *smaller = compress_body(body, size, &smaller_size);
        if (smaller) {
            free(body);
            body = smaller;
            size = smaller_size;
            compressed = true;
        }
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        free(body);
        return MHD_NO;
    }
    add_headers(response, status, content_type);
    if (*etag)
        MHD_add_response_header(response, "ETag", etag);
    if (compressed)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    return queue(connection, status, response);
}

enum MHD_Result response_send_page(struct MHD_Connection *connection)
{
    static const char content_type[] = "text/html; charset=utf-8";
    if (is_known(connection, PAGE_ETAG))
        return send_unchanged(connection, content_type, PAGE_ETAG);
    bool compressed = takes_gzip(connection);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        compressed ? page_gzip_size : page_size,
        (void *)(compressed ? page_gzip_bytes : page_bytes), MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    add_headers(response, MHD_HTTP_OK, content_type);
    /* The page holds nothing about anybody, so browsers may keep it, and ask each time whether it
     * has changed. */
    MHD_del_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    MHD_add_response_header(response, "ETag", PAGE_ETAG);
    if (compressed)
        MHD_add_response_header(response, "Content-Encoding", "gzip");
    return queue(connection, MHD_HTTP_OK, response);
}
