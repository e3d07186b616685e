/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The counts as variables of stream.
 */
#include "stream.h"

static ngx_int_t count_variable(ngx_stream_session_t *s, ngx_stream_variable_value_t *value,
                                uintptr_t type)
{
    const struct zone *zone = stream_zone(s);
    u_char *text = zone != NULL ? ngx_pnalloc(s->connection->pool, NGX_INT64_LEN) : NULL;

    if (text == NULL) {
        value->not_found = 1;
        return NGX_OK;
    }
    value->data = text;
    value->len = ngx_sprintf(text, "%uL", ngx_connstat_zone_count(zone, type)) - text;
    value->valid = 1;
    value->no_cacheable = 0;
    value->not_found = 0;
    return NGX_OK;
}

ngx_int_t stream_add_variables(ngx_conf_t *cf)
{
    for (enum zone_type type = 0; type < ZONE_TYPES; type++) {
        ngx_str_t name = ngx_connstat_zone_variables[type];
        ngx_stream_variable_t *variable =
            ngx_stream_add_variable(cf, &name, NGX_STREAM_VAR_NOCACHEABLE);

        if (variable == NULL)
            return NGX_ERROR;
        variable->get_handler = count_variable;
        variable->data = type;
    }
    return NGX_OK;
}
