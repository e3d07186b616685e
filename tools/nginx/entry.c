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

    return connstat_fit(zone->cs, values->fields, values->count, scratch, sizeof(scratch));
}

static int enter(struct zone *zone, int type, const struct entry_limit *limit,
                 struct values *values, connstat_id *id)
{
    int error = fit(zone, values);

    if (error < 0)
        return error;
    if (limit == NULL || !limit->has_key)
        return connstat_register(zone->cs, type, values->fields, values->count, id);
    return connstat_register_key(zone->cs, type, limit->key, limit->limit, values->fields,
                                 values->count, id);
}

ngx_int_t ngx_connstat_entry_begin(ngx_pool_t *pool, struct zone *zone, enum zone_type type,
                                   const struct entry_limit *limit, struct values *values,
                                   ngx_log_t *log)
{
    ngx_pool_cleanup_t *cleanup = ngx_pool_cleanup_add(pool, sizeof(struct entry));
    struct entry *entry;
    int error;

    if (cleanup == NULL)
        return NGX_DECLINED;
    entry = cleanup->data;
    *entry = (struct entry){.zone = zone, .late = values->missing};
    cleanup->handler = end;
    error = enter(zone, zone->types[type], limit, values, &entry->id);
    if (error == 0)
        return NGX_OK;
    entry->id = 0;
    if (error == -EDQUOT)
        return NGX_BUSY;
    ngx_connstat_zone_complain(zone, log, error);
    return NGX_DECLINED;
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
