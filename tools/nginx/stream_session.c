/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Sessions of stream, from their first phase that knows the client's true address to close.
 */
#include "stream.h"

static ngx_stream_filter_pt next_filter;

static ngx_int_t value_of(void *session, void *value, ngx_str_t *text)
{
    return ngx_stream_complex_value(session, value, text);
}

static bool uses_tls(ngx_stream_session_t *s)
{
    return s->ssl;
}

static const char *protocol_of(ngx_stream_session_t *s)
{
    return s->connection->type == SOCK_DGRAM ? "udp" : "tcp";
}

static ngx_int_t gather(ngx_stream_session_t *s, const struct stream_conf *conf,
                        struct values *values)
{
    values->count = 0;
    values->missing = false;
    ngx_connstat_values_client(values, s->connection, uses_tls(s), protocol_of(s));
    return ngx_connstat_values_of(values, conf->fields, s, value_of);
}

static ngx_int_t find_limit(ngx_stream_session_t *s, const struct stream_conf *conf,
                            struct entry_limit *limit)
{
    ngx_str_t text = ngx_null_string;

    if (conf->key != NULL && ngx_stream_complex_value(s, conf->key, &text) != NGX_OK)
        return NGX_ERROR;
    limit->has_key = text.len > 0;
    limit->limit = (uint32_t)conf->limit;
    if (limit->has_key)
        limit->key = ngx_connstat_key(&text);
    return NGX_OK;
}

ngx_int_t stream_session_preaccess(ngx_stream_session_t *s)
{
    const struct stream_conf *conf = ngx_stream_get_module_srv_conf(s, ngx_stream_connstat_module);
    struct values values;
    struct entry_limit limit;

    if (!conf->connections)
        return NGX_DECLINED;
    if (find_limit(s, conf, &limit) != NGX_OK || gather(s, conf, &values) != NGX_OK)
        return NGX_ERROR;
    values.missing = values.missing || (conf->fields != NULL && conf->fields->changing);
    if (ngx_connstat_entry_begin(s->connection->pool, stream_zone(s), ZONE_STREAM_SESSION, &limit,
                                 &values, s->connection->log) != NGX_BUSY)
        return NGX_DECLINED;
    ngx_log_error(NGX_LOG_INFO, s->connection->log, 0, "connstat: refused by connstat_limit %ui",
                  (ngx_uint_t)limit.limit);
    return NGX_STREAM_SERVICE_UNAVAILABLE;
}

/* With the first bytes that go through, what later phases found out is known. */
static ngx_int_t filter(ngx_stream_session_t *s, ngx_chain_t *chain, ngx_uint_t from_upstream)
{
    const struct stream_conf *conf = ngx_stream_get_module_srv_conf(s, ngx_stream_connstat_module);
    struct entry *entry = conf->fields != NULL ? ngx_connstat_entry_of(s->connection->pool) : NULL;
    struct values values;

    if (entry != NULL && entry->id != 0 && entry->late) {
        entry->late = false;
        if (gather(s, conf, &values) == NGX_OK)
            ngx_connstat_entry_update(entry, &values, s->connection->log);
    }
    return next_filter(s, chain, from_upstream);
}

void stream_session_install_filter(void)
{
    next_filter = ngx_stream_top_filter;
    ngx_stream_top_filter = filter;
}
