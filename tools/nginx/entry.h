/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One entry, which lives as long as the pool that it is tied to: a connection's or a request's.
 */
#ifndef NGX_CONNSTAT_ENTRY_H
#define NGX_CONNSTAT_ENTRY_H

#include "settings.h"

#pragma GCC visibility push(default)

struct entry {
    struct zone *zone;
    connstat_id id; /* 0: refused */
    bool settled;   /* what its first request tells of a connection is known */
    bool protocol_known;
    bool late;      /* some field's value is to be had later */
    int64_t socket; /* as in struct values, for later updates */
};

/* The entry that is tied to a pool; NULL: none. */
struct entry *ngx_connstat_entry_of(ngx_pool_t *pool);

/* Register without key and limit, and tie to the pool. A refused one is tied to it all the same, and not
 * tried again; it is logged. */
void ngx_connstat_entry_begin(ngx_pool_t *pool, struct zone *zone, enum zone_type type,
                              struct values *values, ngx_log_t *log);

/* The same with the fields, the key and the limit of settings. Returns NGX_OK; NGX_BUSY: the limit is
 * reached; NGX_ERROR: a value cannot be had. That it was refused for another reason is NGX_OK, too. */
ngx_int_t ngx_connstat_entry_admit(ngx_pool_t *pool, struct zone *zone, enum zone_type type,
                                   const struct settings *settings, const struct host *host,
                                   void *client, struct values *values, ngx_log_t *log);

/* Replace its metadata. */
void ngx_connstat_entry_update(struct entry *entry, struct values *values, ngx_log_t *log);

/* It becomes one of another type, with new metadata. */
void ngx_connstat_entry_move(struct entry *entry, enum zone_type type, struct values *values,
                             ngx_log_t *log);

#pragma GCC visibility pop

#endif
