/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Connections of http, from accept to close. nginx has no phase for an accepted connection, so the
 * listeners' handler is wrapped. What the first request tells (HTTP/2, fields) is added then.
 */
#include "http.h"

static const char protocol_at_first[] = "http/1.1";

static const char *protocol_of(const ngx_http_request_t *r)
{
    switch (r->http_version) {
    case NGX_HTTP_VERSION_20:
        return "h2";
    case NGX_HTTP_VERSION_11:
        return protocol_at_first;
    case NGX_HTTP_VERSION_10:
        return "http/1.0";
    default:
        return "http/0.9";
    }
}

static bool uses_tls(const ngx_connection_t *connection)
{
#if (NGX_HTTP_SSL)
    return connection->ssl != NULL;
#else
    return false;
#endif
}

/* ---- accepted ------------------------------------------------------------------------------- */

/* Which of the addresses of a port was it? The last one is the wildcard, as nginx sorts them. */
static ngx_http_addr_conf_t *address_conf(ngx_connection_t *connection)
{
    ngx_http_port_t *port = connection->listening->servers;
    ngx_uint_t i = 0;

    if (port->naddrs > 1 && ngx_connection_local_sockaddr(connection, NULL, 0) != NGX_OK)
        return NULL;
#if (NGX_HAVE_INET6)
    if (connection->local_sockaddr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)connection->local_sockaddr;
        ngx_http_in6_addr_t *address6 = port->addrs;

        while (i + 1 < port->naddrs &&
               ngx_memcmp(&address6[i].addr6, &in6->sin6_addr, sizeof(in6->sin6_addr)) != 0)
            i++;
        return &address6[i].conf;
    }
#endif
    const struct sockaddr_in *in = (struct sockaddr_in *)connection->local_sockaddr;
    ngx_http_in_addr_t *address = port->addrs;

    while (i + 1 < port->naddrs && address[i].addr != in->sin_addr.s_addr)
        i++;
    return &address[i].conf;
}

static void begin(ngx_connection_t *connection, const struct http_main_conf *main, bool tls,
                  const char *protocol)
{
    struct values values;

    values_begin(&values, 0);
    ngx_connstat_values_client(&values, connection, tls, protocol);
    ngx_connstat_entry_begin(connection->pool, main->zone, ZONE_HTTP_CONN, &values,
                             connection->log);
}

static void accepted(ngx_connection_t *connection)
{
    const ngx_http_addr_conf_t *address = address_conf(connection);

    if (address != NULL) {
        ngx_http_conf_ctx_t *context = address->default_server->ctx;
        const struct http_conf *conf = context->loc_conf[ngx_http_connstat_module.ctx_index];

        if (conf->connections)
            begin(connection, context->main_conf[ngx_http_connstat_module.ctx_index], address->ssl,
                  protocol_at_first);
    }
    ngx_http_init_connection(connection);
}

void http_connection_wrap(ngx_cycle_t *cycle)
{
    ngx_listening_t *listening = cycle->listening.elts;

    for (ngx_uint_t i = 0; i < cycle->listening.nelts; i++)
        if (listening[i].handler == ngx_http_init_connection)
            listening[i].handler = accepted;
}

/* ---- the first request ---------------------------------------------------------------------- */

static void update(ngx_http_request_t *r, struct entry *entry, const struct field_sources *fields,
                   enum zone_type type)
{
    struct values values;

    values_begin(&values, entry->socket);
    ngx_connstat_values_client(&values, r->connection, uses_tls(r->connection), protocol_of(r));
    if (ngx_connstat_values_of(&values, fields, &http_host, r) != NGX_OK)
        return;
    if (type == ZONE_WS_SOCKET)
        ngx_connstat_entry_move(entry, type, &values, r->connection->log);
    else
        ngx_connstat_entry_update(entry, &values, r->connection->log);
}

/* All requests come by here, also those that a "return" answers. */
ngx_int_t http_connection_post_read(ngx_http_request_t *r)
{
    struct entry *entry = ngx_connstat_entry_of(r->connection->pool);

    if (entry != NULL && entry->id != 0 && !entry->protocol_known) {
        entry->protocol_known = true;
        if (r->http_version != NGX_HTTP_VERSION_11)
            update(r, entry, NULL, ZONE_HTTP_CONN);
    }
    return NGX_DECLINED;
}

void http_connection_first_request(ngx_http_request_t *r, const struct http_conf *conf)
{
    struct entry *entry = ngx_connstat_entry_of(r->connection->pool);
    struct http_main_conf *main;

    if (entry == NULL && conf->connections) {
        main = ngx_http_get_module_main_conf(r, ngx_http_connstat_module);
        begin(r->connection, main, uses_tls(r->connection), protocol_of(r));
        entry = ngx_connstat_entry_of(r->connection->pool);
    }
    if (entry == NULL || entry->id == 0 || entry->settled)
        return;
    entry->settled = true;
    if (conf->entries.fields != NULL)
        update(r, entry, conf->entries.fields, ZONE_HTTP_CONN);
}

/* The answer is 101: from now on it is a WebSocket, and no longer counts as an http_conn. */
void http_connection_upgrade(ngx_http_request_t *r, const struct http_conf *conf)
{
    struct entry *entry = ngx_connstat_entry_of(r->connection->pool);

    if (entry != NULL && entry->id != 0)
        update(r, entry, conf->entries.fields, ZONE_WS_SOCKET);
}
