/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * One entry, which lives as long as the pool that it is tied to: a connection's or a request's.
 */
#ifndef NGX_CONNSTAT_ENTRY_H
#define NGX_CONNSTAT_ENTRY_H

#include "values.h"
#include "zone.h"

#pragma GCC visibility push(default)

struct entry {
    struct zone *zone;
    connstat_id id; /* 0: refused */
    bool settled;   /* what its first request tells of a connection is known */
    bool protocol_known;
    bool late; /* some field's value is to be had later */
};

struct entry_limit {
    bool has_key;
    struct connstat_key key;
    uint32_t limit; /* 0: none */
};

/* The entry that is tied to a pool; NULL: none. */
struct entry *ngx_connstat_entry_of(ngx_pool_t *pool);

/* Register, and tie to the pool. limit may be NULL.
 * Returns NGX_OK; NGX_BUSY the limit is reached; NGX_DECLINED refused for another reason, which is
 * logged, or no memory. A refused one is tied to the pool all the same: it is not tried again. */
ngx_int_t ngx_connstat_entry_begin(ngx_pool_t *pool, struct zone *zone, enum zone_type type,
                                   const struct entry_limit *limit, struct values *values,
                                   ngx_log_t *log);

/* Replace its metadata. */
void ngx_connstat_entry_update(struct entry *entry, struct values *values, ngx_log_t *log);

/* It becomes one of another type, with new metadata. */
void ngx_connstat_entry_move(struct entry *entry, enum zone_type type, struct values *values,
                             ngx_log_t *log);

#pragma GCC visibility pop

#endif
