/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sessions of stream, from their first phase that knows the client's true address to close.
 */
#include "stream.h"

static ngx_stream_filter_pt next_filter;

static ngx_int_t text_of(void *session, void *value, ngx_str_t *text)
{
    return ngx_stream_complex_value(session, value, text);
}

/* Its text was asked for: by now a variable whose value is not to be kept says so. */
static bool may_change(void *session, const void *value)
{
    ngx_stream_session_t *s = session;
    const ngx_stream_core_main_conf_t *core =
        ngx_stream_get_module_main_conf(s, ngx_stream_core_module);
    const ngx_stream_variable_t *variables = core->variables.elts;
    const ngx_uint_t *i = ((const ngx_stream_complex_value_t *)value)->flushes;

    for (; i != NULL && *i != (ngx_uint_t)-1; i++)
        if ((variables[*i].flags & NGX_STREAM_VAR_CHANGEABLE) != 0 || s->variables[*i].no_cacheable)
            return true;
    return false;
}

static const struct host stream_host = {text_of, may_change};

static bool uses_tls(ngx_stream_session_t *s)
{
    return s->ssl;
}

static const char *protocol_of(ngx_stream_session_t *s)
{
    return s->connection->type == SOCK_DGRAM ? "udp" : "tcp";
}

ngx_int_t stream_session_preaccess(ngx_stream_session_t *s)
{
    const struct stream_conf *conf = ngx_stream_get_module_srv_conf(s, ngx_stream_connstat_module);
    struct values values;

    if (!conf->connections)
        return NGX_DECLINED;
    values_begin(&values, 0);
    ngx_connstat_values_client(&values, s->connection, uses_tls(s), protocol_of(s));
    switch (ngx_connstat_entry_admit(s->connection->pool, stream_zone(s), ZONE_STREAM_SESSION,
                                     &conf->entries, &stream_host, s, &values,
                                     s->connection->log)) {
    case NGX_OK:
        return NGX_DECLINED;
    case NGX_BUSY:
        return NGX_STREAM_SERVICE_UNAVAILABLE;
    default:
        return NGX_ERROR;
    }
}

/* With the first bytes that go through, what later phases found out is known. */
static ngx_int_t filter(ngx_stream_session_t *s, ngx_chain_t *chain, ngx_uint_t from_upstream)
{
    const struct stream_conf *conf = ngx_stream_get_module_srv_conf(s, ngx_stream_connstat_module);
    struct entry *entry =
        conf->entries.fields != NULL ? ngx_connstat_entry_of(s->connection->pool) : NULL;
    struct values values;

    if (entry != NULL && entry->id != 0 && entry->late) {
        entry->late = false;
        values_begin(&values, entry->socket);
        ngx_connstat_values_client(&values, s->connection, uses_tls(s), protocol_of(s));
        if (ngx_connstat_values_of(&values, conf->entries.fields, &stream_host, s) == NGX_OK)
            ngx_connstat_entry_update(entry, &values, s->connection->log);
    }
    return next_filter(s, chain, from_upstream);
}

void stream_session_install_filter(void)
{
    next_filter = ngx_stream_top_filter;
    ngx_stream_top_filter = filter;
}
