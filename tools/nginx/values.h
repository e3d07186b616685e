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
enum { VALUES_MAX = 24, VALUES_TEXT_MAX = 4096 };

struct values {
    struct connstat_field fields[VALUES_MAX];
    struct connstat_slice slices[VALUES_MAX]; /* of the fields that are text */
    size_t count;
    bool missing; /* a variable has no value yet */
};

struct field_source { /* one connstat_field directive */
    ngx_str_t name;
    bool is_integer;
    void *value; /* a complex value of the host's kind */
};

struct field_sources {
    ngx_array_t all; /* struct field_source */
    bool changing;   /* some variable's value may change while the entry lives */
};

/* A complex value's text; empty where it has none. host: a request or a session. */
typedef ngx_int_t (*value_fn)(void *host, void *value, ngx_str_t *text);

/* Compile the text of a directive; *changing is set where it holds a variable that may change. */
typedef void *(*compile_fn)(ngx_conf_t *cf, ngx_str_t *text, bool *changing);

/* The directive connstat_field NAME VALUE [int]. */
char *ngx_connstat_field_directive(ngx_conf_t *cf, struct field_sources **sources,
                                   compile_fn compile);

void ngx_connstat_values_text(struct values *values, const char *name, const ngx_str_t *text);

/* addr, port, tls, protocol and socket of a client. */
void ngx_connstat_values_client(struct values *values, const ngx_connection_t *connection, bool tls,
                                const char *protocol);

/* What the directives say; a field without a value is left out. NULL: none. */
ngx_int_t ngx_connstat_values_of(struct values *values, const struct field_sources *sources,
                                 void *host, value_fn value);

/* The key that a text names, as `connstat --key` reads it, so that the two find each other: a
 * number, a UUID, a text of up to 16 bytes; an address in binary form or as text; anything longer
 * by its MD5. */
struct connstat_key ngx_connstat_key(const ngx_str_t *text);

#pragma GCC visibility pop

#endif
