/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The module for stream. It takes zones, values and entries from the module for http, which is to be
 * loaded before it.
 */
#ifndef NGX_CONNSTAT_STREAM_H
#define NGX_CONNSTAT_STREAM_H

#include "entry.h"

#include <ngx_stream.h>

struct stream_main_conf {
    struct zone *zone; /* NULL: connstat is not used */
};

struct stream_conf { /* of stream {} or a server */
    ngx_flag_t connections;
    struct settings entries;
};

extern ngx_module_t ngx_stream_connstat_module;

static inline struct zone *stream_zone(ngx_stream_session_t *s)
{
    struct stream_main_conf *conf = ngx_stream_get_module_main_conf(s, ngx_stream_connstat_module);

    return conf->zone;
}

/* stream_session.c */
ngx_int_t stream_session_preaccess(ngx_stream_session_t *s);
void stream_session_install_filter(void);

/* stream_variables.c */
ngx_int_t stream_add_variables(ngx_conf_t *cf);

#endif
