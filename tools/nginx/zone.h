/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A zone: the segment that a connstat_zone directive names, for as long as a configuration (a cycle,
 * in nginx's words) is in use. http {} and stream {} may name the same one.
 *
 * The master makes or attaches the segment while it reads its configuration, because that is the
 * last moment where a failure leaves the running configuration in place. The workers inherit the
 * handle by fork, so they need no right to the file.
 */
#ifndef NGX_CONNSTAT_ZONE_H
#define NGX_CONNSTAT_ZONE_H

#include <ngx_config.h>

#include <ngx_core.h>
#include <ngx_event.h>

#include <connstat.h>

/* What the module for stream takes from the one for http. */
#pragma GCC visibility push(default)

enum zone_type {
    ZONE_HTTP_CONN,
    ZONE_HTTP_REQUEST,
    ZONE_WS_SOCKET,
    ZONE_STREAM_SESSION,
    ZONE_TYPES
};

struct zone {
    ngx_str_t name, directory; /* with a NUL behind; no directory: the library's choice */
    uint32_t capacity, max_capacity, metadata_bytes; /* 0: the library's choice */
    mode_t mode;
    gid_t gid;
    bool has_options; /* the directive said more than the name */

    connstat_t *cs;        /* NULL: only the configuration is being tested */
    bool takes_plain;      /* an entry has room for VALUES_PLAIN_BYTES */
    int types[ZONE_TYPES]; /* their numbers in the segment, which an older program may have made */
    ngx_connection_t *watch; /* of this worker, for deaths; NULL: it does not watch */
    time_t complained_at;    /* ngx_time() */
};

extern ngx_module_t ngx_connstat_module;

/* The directive connstat_zone: the zone of that name, made if it is new. Returns NGX_CONF_OK. */
char *ngx_connstat_zone_directive(ngx_conf_t *cf, struct zone **zone);

/* Log that an entry was refused, once a minute at most. */
void ngx_connstat_zone_complain(struct zone *zone, ngx_log_t *log, int error);

#pragma GCC visibility pop

#endif
