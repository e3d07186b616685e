/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Requests while they are served, limits on them, and what happens when their answer begins. A
 * stream of HTTP/2 is a request like any other.
 */
#include "http.h"

static ngx_http_output_header_filter_pt next_header_filter;

ngx_int_t http_value(void *request, void *value, ngx_str_t *text)
{
    return ngx_http_complex_value(request, value, text);
}

static ngx_int_t find_limit(ngx_http_request_t *r, const struct http_conf *conf,
                            struct entry_limit *limit)
{
    ngx_str_t text = ngx_null_string;

    if (conf->key != NULL && ngx_http_complex_value(r, conf->key, &text) != NGX_OK)
        return NGX_ERROR;
    limit->has_key = text.len > 0; /* as with limit_conn: who has no key is not limited */
    limit->limit = (uint32_t)conf->limit;
    if (limit->has_key)
        limit->key = ngx_connstat_key(&text);
    return NGX_OK;
}

static ngx_int_t begin(ngx_http_request_t *r, const struct http_conf *conf)
{
    struct values values = {.count = 0};
    struct entry_limit limit;

    if (find_limit(r, conf, &limit) != NGX_OK ||
        ngx_connstat_values_of(&values, conf->fields, r, http_value) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    values.missing = values.missing || (conf->fields != NULL && conf->fields->changing);
    if (ngx_connstat_entry_begin(r->pool, http_zone(r), ZONE_HTTP_REQUEST, &limit, &values,
                                 r->connection->log) != NGX_BUSY)
        return NGX_DECLINED;
    ngx_log_error(NGX_LOG_INFO, r->connection->log, 0, "connstat: refused by connstat_limit %ui",
                  (ngx_uint_t)limit.limit);
    return conf->limit_status;
}

/* An error page or an internal redirect comes by here again, and is the same request. */
ngx_int_t http_request_preaccess(ngx_http_request_t *r)
{
    const struct http_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_connstat_module);

    if (r != r->main)
        return NGX_DECLINED;
    http_connection_first_request(r, conf);
    if (!conf->requests || ngx_connstat_entry_of(r->pool) != NULL)
        return NGX_DECLINED;
    return begin(r, conf);
}

/* What was not known when it began: which upstream, what a subrequest for access has found. */
static void add_late_fields(ngx_http_request_t *r, const struct http_conf *conf)
{
    struct entry *entry = ngx_connstat_entry_of(r->pool);
    struct values values = {.count = 0};

    if (entry != NULL && entry->id != 0 && entry->late &&
        ngx_connstat_values_of(&values, conf->fields, r, http_value) == NGX_OK)
        ngx_connstat_entry_update(entry, &values, r->connection->log);
}

static ngx_int_t filter_header(ngx_http_request_t *r)
{
    const struct http_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_connstat_module);

    if (r == r->main) {
        if (r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS)
            http_connection_upgrade(r, conf);
        if (conf->fields != NULL)
            add_late_fields(r, conf);
    }
    return next_header_filter(r);
}

ngx_int_t http_request_install_filter(void)
{
    next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = filter_header;
    return NGX_OK;
}
