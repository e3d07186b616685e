/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The parts of the module for http.
 */
#ifndef NGX_CONNSTAT_HTTP_H
#define NGX_CONNSTAT_HTTP_H

#include "entry.h"

#include <ngx_http.h>

struct http_main_conf {
    struct zone *zone; /* NULL: connstat is not used */
};

struct http_conf { /* of http {}, a server or a location */
    ngx_flag_t connections, requests;
    struct settings entries;
    ngx_int_t limit_status;
};

extern ngx_module_t ngx_http_connstat_module;

static inline struct zone *http_zone(ngx_http_request_t *r)
{
    struct http_main_conf *conf = ngx_http_get_module_main_conf(r, ngx_http_connstat_module);

    return conf->zone;
}

/* A request's variables. */
extern const struct host http_host;

/* http_connection.c */
void http_connection_wrap(ngx_cycle_t *cycle);
ngx_int_t http_connection_post_read(ngx_http_request_t *r);
void http_connection_first_request(ngx_http_request_t *r, const struct http_conf *conf);
void http_connection_upgrade(ngx_http_request_t *r, const struct http_conf *conf);

/* http_request.c */
ngx_int_t http_request_preaccess(ngx_http_request_t *r);
ngx_int_t http_request_install_filter(void);

/* http_status.c */
ngx_int_t http_status(ngx_http_request_t *r);
ngx_int_t http_add_variables(ngx_conf_t *cf);

#endif
