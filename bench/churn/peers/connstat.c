/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat itself, twice: metadata given as three fields, and encoded beforehand.
 */
#include "loop.h"
#include "segment.h"

static void *create(const struct peer_shape *shape)
{
    return segment_make((uint32_t)peer_capacity(shape));
}

static void *attach(void *table, unsigned seat)
{
    (void)seat;
    must(connstat_join(table, "bench"), "connstat_join");
    return table;
}

static inline uint64_t fields_add(void *cs, const struct record *record)
{
    connstat_id id;
    must(connstat_register(cs, 0, record->fields, record->field_count, &id), "connstat_register");
    return id;
}

static inline uint64_t encoded_add(void *cs, const struct record *record)
{
    connstat_id id;
    must(connstat_register_encoded(cs, 0, record->encoded, record->size, &id),
         "connstat_register_encoded");
    return id;
}

static inline void entry_remove(void *cs, uint64_t id)
{
    must(connstat_unregister(cs, id), "connstat_unregister");
}

static void fields_fill(void *cs, struct churn *churn)
{
    churn_fill(cs, churn, fields_add);
}

static void encoded_fill(void *cs, struct churn *churn)
{
    churn_fill(cs, churn, encoded_add);
}

static void fields_pairs(void *cs, struct churn *churn, unsigned count)
{
    churn_pairs(cs, churn, count, fields_add, entry_remove);
}

static void encoded_pairs(void *cs, struct churn *churn, unsigned count)
{
    churn_pairs(cs, churn, count, encoded_add, entry_remove);
}

static uint64_t counts(void *cs)
{
    struct connstat_counts counts;
    must(connstat_counts(cs, &counts), "connstat_counts");
    return counts.total_channels + counts.total_connections;
}

/* The worker's end gives back what it registered. */
static void detach(void *cs)
{
    (void)cs;
}

static void destroy(void *cs)
{
    segment_drop(cs);
}

const struct peer peer_connstat_fields = {
    .name = "connstat-fields",
    .summary = "connstat, metadata given as three fields",
    .chunk = 1024,
    .create = create,
    .attach = attach,
    .fill = fields_fill,
    .pairs = fields_pairs,
    .counts = counts,
    .detach = detach,
    .destroy = destroy,
};

const struct peer peer_connstat_encoded = {
    .name = "connstat-encoded",
    .summary = "connstat, metadata encoded beforehand",
    .chunk = 1024,
    .create = create,
    .attach = attach,
    .fill = encoded_fill,
    .pairs = encoded_pairs,
    .counts = counts,
    .detach = detach,
    .destroy = destroy,
};
