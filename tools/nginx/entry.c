/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "entry.h"

/* Each byte of a text may become the three of U+FFFD. */
enum { SCRATCH_BYTES = VALUES_MAX * VALUES_TEXT_MAX * 3 };

static void end(void *data)
{
    struct entry *entry = data;

    if (entry->id != 0)
        (void)connstat_unregister(entry->zone->cs, entry->id);
}

struct entry *ngx_connstat_entry_of(ngx_pool_t *pool)
{
    for (ngx_pool_cleanup_t *cleanup = pool->cleanup; cleanup != NULL; cleanup = cleanup->next)
        if (cleanup->handler == end)
            return cleanup->data;
    return NULL;
}

/* Clients write what they like into their headers: it is cleaned and cut until it fits. */
static int fit(struct zone *zone, struct values *values)
{
    static char scratch[SCRATCH_BYTES];

    if (values->plain && zone->takes_plain)
        return 0;
    return connstat_fit(zone->cs, values->fields, values->count, scratch, sizeof(scratch));
}

struct limit {
    bool has_key;
    struct connstat_key key;
    uint32_t limit; /* 0: none */
};

static int enter(struct zone *zone, int type, const struct limit *limit, struct values *values,
                 connstat_id *id)
{
    int error = fit(zone, values);

    if (error < 0)
        return error;
    if (limit == NULL || !limit->has_key)
        return connstat_register(zone->cs, type, values->fields, values->count, id);
    return connstat_register_key(zone->cs, type, limit->key, limit->limit, values->fields,
                                 values->count, id);
}

/* Returns 0 or why it is not registered. */
static int begin(ngx_pool_t *pool, struct zone *zone, enum zone_type type,
                 const struct limit *limit, struct values *values, ngx_log_t *log)
{
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(pool, sizeof(struct entry));
    struct entry *entry;
    int error;

    if (cleanup == NULL)
        return -ENOMEM;
    entry = cleanup->data;
    *entry = (struct entry){.zone = zone, .late = values->late, .socket = values->socket};
    cleanup->handler = end;
    error = enter(zone, zone->types[type], limit, values, &entry->id);
    if (error < 0)
        entry->id = 0;
    if (error < 0 && error != -EDQUOT)
        ngx_connstat_zone_complain(zone, log, error);
    return error;
}

void ngx_connstat_entry_begin(ngx_pool_t *pool, struct zone *zone, enum zone_type type,
                              struct values *values, ngx_log_t *log)
{
    (void)begin(pool, zone, type, NULL, values, log);
}

static ngx_int_t find_limit(const struct settings *settings, const struct host *host, void *client,
                            struct limit *limit)
{
    ngx_str_t text = ngx_null_string;

    if (settings->key != NULL && host->text(client, settings->key, &text) != NGX_OK)
        return NGX_ERROR;
    limit->has_key = text.len > 0; /* as with limit_conn: who has no key is not limited */
    limit->limit = (uint32_t)settings->limit;
    if (limit->has_key)
        limit->key = ngx_connstat_key(&text);
    return NGX_OK;
}

ngx_int_t ngx_connstat_entry_admit(ngx_pool_t *pool, struct zone *zone, enum zone_type type,
                                   const struct settings *settings, const struct host *host,
                                   void *client, struct values *values, ngx_log_t *log)
{
    struct limit limit;

    if (find_limit(settings, host, client, &limit) != NGX_OK ||
        ngx_connstat_values_of(values, settings->fields, host, client) != NGX_OK)
        return NGX_ERROR;
    if (begin(pool, zone, type, &limit, values, log) != -EDQUOT)
        return NGX_OK;
    ngx_log_error(NGX_LOG_INFO, log, 0, "connstat: refused by connstat_limit %ui",
                  (ngx_uint_t)limit.limit);
    return NGX_BUSY;
}

void ngx_connstat_entry_update(struct entry *entry, struct values *values, ngx_log_t *log)
{
    int error = fit(entry->zone, values);

    if (error >= 0)
        error = connstat_update(entry->zone->cs, entry->id, values->fields, values->count);
    if (error < 0)
        ngx_connstat_zone_complain(entry->zone, log, error);
}

void ngx_connstat_entry_move(struct entry *entry, enum zone_type type, struct values *values,
                             ngx_log_t *log)
{
    int error = fit(entry->zone, values);

    if (error >= 0)
        error = connstat_move(entry->zone->cs, &entry->id, entry->zone->types[type], values->fields,
                              values->count);
    if (error < 0)
        ngx_connstat_zone_complain(entry->zone, log, error);
}
