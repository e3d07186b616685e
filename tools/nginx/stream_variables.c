/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The counts as variables of stream.
 */
#include "counts.h"
#include "stream.h"

static ngx_int_t count_variable(ngx_stream_session_t *s, ngx_stream_variable_value_t *value,
                                uintptr_t type)
{
    return ngx_connstat_count_value(stream_zone(s), type, s->connection->pool, value);
}

ngx_int_t stream_add_variables(ngx_conf_t *cf)
{
    for (enum zone_type type = 0; type < ZONE_TYPES; type++) {
        ngx_str_t name = ngx_connstat_count_names[type];
        ngx_stream_variable_t *variable =
            ngx_stream_add_variable(cf, &name, NGX_STREAM_VAR_NOCACHEABLE);

        if (variable == NULL)
            return NGX_ERROR;
        variable->get_handler = count_variable;
        variable->data = type;
    }
    return NGX_OK;
}
