/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "counts.h"

const ngx_str_t ngx_connstat_count_names[ZONE_TYPES] = {
    [ZONE_HTTP_CONN] = ngx_string("connstat_http_conns"),
    [ZONE_HTTP_REQUEST] = ngx_string("connstat_http_requests"),
    [ZONE_WS_SOCKET] = ngx_string("connstat_ws_sockets"),
    [ZONE_STREAM_SESSION] = ngx_string("connstat_stream_sessions"),
};

ngx_int_t ngx_connstat_count_value(const struct zone *zone, enum zone_type type, ngx_pool_t *pool,
                                   ngx_variable_value_t *value)
{
    u_char *text = zone != NULL ? ngx_pnalloc(pool, NGX_INT64_LEN) : NULL;

    if (text == NULL) {
        value->not_found = 1;
        return NGX_OK;
    }
    value->data = text;
    value->len = ngx_sprintf(text, "%uL", connstat_count(zone->cs, zone->types[type])) - text;
    value->valid = 1;
    value->no_cacheable = 0;
    value->not_found = 0;
    return NGX_OK;
}
