/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The counts, as a document and as variables.
 */
#include "counts.h"
#include "http.h"

#include "common/context.h"
#include "format/names.h"

static void write_text(ngx_buf_t *out, const char *text)
{
    out->last = ngx_slprintf(out->last, out->end, "%s", text);
}

static void write_count(ngx_buf_t *out, const char *name, uint64_t count)
{
    out->last = ngx_slprintf(out->last, out->end, "%s\"%s\":%uL", out->last[-1] == '{' ? "" : ",",
                             name, count);
}

/* As connstat --json and /api/v1/counts: the default types under the names of their counts, the
 * totals, and all types under their own names. */
static bool write_counts(const struct zone *zone, ngx_buf_t *out)
{
    struct connstat_counts counts;

    if (connstat_counts(zone->cs, &counts) < 0)
        return false;
    out->last = ngx_slprintf(out->last, out->end, "{\"schema\":%d,\"segment\":\"%V\"",
                             SCHEMA_COUNTS, &zone->name);
    for (size_t i = 0; i < counts.type_count; i++) {
        const char *name = name_of_count_in(zone->cs, (int)i);

        if (ngx_strcmp(name, connstat_type_name(zone->cs, (int)i)) != 0)
            write_count(out, name, counts.by_type[i]);
    }
    write_count(out, "total_channels", counts.total_channels);
    write_count(out, "total_connections", counts.total_connections);
    write_text(out, ",\"counts\":{");
    for (size_t i = 0; i < counts.type_count; i++)
        write_count(out, connstat_type_name(zone->cs, (int)i), counts.by_type[i]);
    write_text(out, "}}\n");
    return true;
}

static ngx_int_t forbid_caching(ngx_http_request_t *r)
{
    ngx_table_elt_t *header = ngx_list_push(&r->headers_out.headers);

    if (header == NULL)
        return NGX_ERROR;
    header->hash = 1;
    ngx_str_set(&header->key, "Cache-Control");
    ngx_str_set(&header->value, "no-store");
    return NGX_OK;
}

static ngx_int_t send_document(ngx_http_request_t *r, ngx_buf_t *document)
{
    ngx_chain_t chain = {document, NULL};
    ngx_int_t status;

    document->last_buf = 1;
    document->last_in_chain = 1;
    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = document->last - document->pos;
    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    if (forbid_caching(r) != NGX_OK)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    status = ngx_http_send_header(r);
    if (status == NGX_ERROR || status > NGX_OK || r->header_only)
        return status;
    return ngx_http_output_filter(r, &chain);
}

ngx_int_t http_status(ngx_http_request_t *r)
{
    enum { BYTES_A_COUNT = 64 };
    const struct zone *zone = http_zone(r);
    ngx_buf_t *document;
    ngx_int_t status;

    if (!(r->method & (NGX_HTTP_GET | NGX_HTTP_HEAD)))
        return NGX_HTTP_NOT_ALLOWED;
    status = ngx_http_discard_request_body(r);
    if (status != NGX_OK)
        return status;
    document = ngx_create_temp_buf(r->pool, 2 * (CONNSTAT_MAX_TYPES + 4) * BYTES_A_COUNT);
    if (document == NULL)
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    if (zone == NULL || !write_counts(zone, document))
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    return send_document(r, document);
}

/* ---- variables ------------------------------------------------------------------------------ */

static ngx_int_t count_variable(ngx_http_request_t *r, ngx_http_variable_value_t *value,
                                uintptr_t type)
{
    return ngx_connstat_count_value(http_zone(r), type, r->pool, value);
}

ngx_int_t http_add_variables(ngx_conf_t *cf)
{
    for (enum zone_type type = 0; type < ZONE_TYPES; type++) {
        ngx_str_t name = ngx_connstat_count_names[type];
        ngx_http_variable_t *variable = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);

        if (variable == NULL)
            return NGX_ERROR;
        variable->get_handler = count_variable;
        variable->data = type;
    }
    return NGX_OK;
}
