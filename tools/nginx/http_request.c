/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Requests while they are served, limits on them, and what happens when their answer begins. A
 * stream of HTTP/2 is a request like any other.
 */
#include "http.h"

static ngx_http_output_header_filter_pt next_header_filter;

static ngx_int_t text_of(void *request, void *value, ngx_str_t *text)
{
    return ngx_http_complex_value(request, value, text);
}

/* Its text was asked for: by now a variable whose value is not to be kept says so. */
static bool may_change(void *request, const void *value)
{
    ngx_http_request_t *r = request;
    const ngx_http_core_main_conf_t *core = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    const ngx_http_variable_t *variables = core->variables.elts;
    const ngx_uint_t *i = ((const ngx_http_complex_value_t *)value)->flushes;

    for (; i != NULL && *i != (ngx_uint_t)-1; i++)
        if ((variables[*i].flags & NGX_HTTP_VAR_CHANGEABLE) != 0 || r->variables[*i].no_cacheable)
            return true;
    return false;
}

const struct host http_host = {text_of, may_change};

static ngx_int_t begin(ngx_http_request_t *r, const struct http_conf *conf)
{
    struct values values;

    values_begin(&values, 0);
    switch (ngx_connstat_entry_admit(r->pool, http_zone(r), ZONE_HTTP_REQUEST, &conf->entries,
                                     &http_host, r, &values, r->connection->log)) {
    case NGX_OK:
        return NGX_DECLINED;
    case NGX_BUSY:
        return conf->limit_status;
    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
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
    struct values values;

    if (entry == NULL || entry->id == 0 || !entry->late)
        return;
    values_begin(&values, 0);
    if (ngx_connstat_values_of(&values, conf->entries.fields, &http_host, r) == NGX_OK)
        ngx_connstat_entry_update(entry, &values, r->connection->log);
}

static ngx_int_t filter_header(ngx_http_request_t *r)
{
    const struct http_conf *conf = ngx_http_get_module_loc_conf(r, ngx_http_connstat_module);

    if (r == r->main) {
        if (r->headers_out.status == NGX_HTTP_SWITCHING_PROTOCOLS)
            http_connection_upgrade(r, conf);
        if (conf->entries.fields != NULL)
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
