/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The metadata of an entry, gathered from a connection and from nginx's variables. Both hosts, http
 * and stream, have variables of their own kind; what differs is one function each.
 */
#ifndef NGX_CONNSTAT_VALUES_H
#define NGX_CONNSTAT_VALUES_H

#include <ngx_config.h>

#include <ngx_core.h>

#include <connstat.h>

#pragma GCC visibility push(default)

/* No segment holds more than 4096 bytes of metadata an entry. */
enum { VALUES_MAX = 24, VALUES_TEXT_MAX = 4096, VALUES_PLAIN_BYTES = 128 };

struct values {
    size_t count;
    bool late;      /* some value is not to be had yet, or may change while the entry lives */
    bool plain;     /* its texts are ASCII, and it takes VALUES_PLAIN_BYTES at most */
    int64_t socket; /* the cookie of the client's socket; 0: not asked for yet */
    struct connstat_field fields[VALUES_MAX];
    struct connstat_slice slices[VALUES_MAX]; /* of the fields that are text */
};

struct field_source { /* one connstat_field directive */
    ngx_str_t name;
    bool is_integer;
    void *value; /* a complex value of the host's kind */
};

struct field_sources {
    ngx_array_t all; /* struct field_source */
};

/* What to ask about a complex value of a request or a session, which is the client. */
struct host {
    ngx_int_t (*text)(void *client, void *value, ngx_str_t *text); /* empty: it has none */
    bool (*may_change)(void *client, const void *value); /* after its text was asked for */
};

typedef void *(*compile_fn)(ngx_conf_t *cf, ngx_str_t *text);

/* The directive connstat_field NAME VALUE [int]. */
char *ngx_connstat_field_directive(ngx_conf_t *cf, struct field_sources **sources,
                                   compile_fn compile);

/* None yet. The arrays are not cleared: this is done for each request. */
static inline void values_begin(struct values *values, int64_t socket)
{
    values->count = 0;
    values->late = false;
    values->plain = true;
    values->socket = socket;
}

void ngx_connstat_values_text(struct values *values, const char *name, const ngx_str_t *text);

/* addr, port, tls, protocol and socket of a client. */
void ngx_connstat_values_client(struct values *values, const ngx_connection_t *connection, bool tls,
                                const char *protocol);

/* What the directives say; a field without a value is left out. NULL: none. */
ngx_int_t ngx_connstat_values_of(struct values *values, const struct field_sources *sources,
                                 const struct host *host, void *client);

/* The key that a text names, as `connstat --key` reads it, so that the two find each other: a
 * number, a UUID, a text of up to 16 bytes; an address in binary form or as text; anything longer
 * by its MD5. */
struct connstat_key ngx_connstat_key(const ngx_str_t *text);

#pragma GCC visibility pop

#endif
