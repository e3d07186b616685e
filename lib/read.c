/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Types and counts.
 */
#include "records/tally.h"
#include "worker/handle.h"

#include <errno.h>
#include <string.h>

static bool type_exists(const struct attachment *a, int type)
{
    return (unsigned)type < a->segment->geometry.shape.type_count;
}

int connstat_type_count(connstat_t *cs)
{
    struct attachment *a;
    int count;

    if (cs == NULL)
        return 0;
    a = handle_enter_reader(cs);
    if (a == NULL)
        return -ENOTCONN;
    count = (int)a->segment->geometry.shape.type_count;
    guard_leave();
    return count;
}

int connstat_type_find(connstat_t *cs, const char *name)
{
    struct attachment *a;
    int found = -ENOENT;

    if (cs == NULL || name == NULL)
        return -ENOENT;
    a = handle_enter_reader(cs);
    if (a == NULL)
        return -ENOTCONN;
    for (uint32_t t = 0; t < a->segment->geometry.shape.type_count; t++)
        if (strcmp(a->segment->geometry.shape.types[t].name, name) == 0)
            found = (int)t;
    guard_leave();
    return found;
}

int connstat_type_kind(connstat_t *cs, int type)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    int kind = -EINVAL;

    if (a == NULL)
        return cs == NULL ? -EINVAL : -ENOTCONN;
    if (type_exists(a, type))
        kind = (int)a->segment->geometry.shape.types[type].kind;
    guard_leave();
    return kind;
}

int64_t connstat_type_capacity(connstat_t *cs, int type)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    int64_t capacity = -EINVAL;

    if (a == NULL)
        return cs == NULL ? -EINVAL : -ENOTCONN;
    if (type_exists(a, type)) {
        (void)mapping_keep_up(&a->mapping);
        capacity = segment_capacity(a->segment, (uint32_t)type);
    }
    guard_leave();
    return capacity;
}

int64_t connstat_type_maximum(connstat_t *cs, int type)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    int64_t maximum = -EINVAL;

    if (a == NULL)
        return cs == NULL ? -EINVAL : -ENOTCONN;
    if (type_exists(a, type))
        maximum = a->segment->geometry.types[type].maximum;
    guard_leave();
    return maximum;
}

int64_t connstat_type_growths(connstat_t *cs, int type)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    int64_t growths = -EINVAL;

    if (a == NULL)
        return cs == NULL ? -EINVAL : -ENOTCONN;
    if (type_exists(a, type)) {
        (void)mapping_keep_up(&a->mapping);
        growths = mapping_count_growths(&a->mapping, (uint32_t)type);
    }
    guard_leave();
    return growths;
}

/* ---- counts --------------------------------------------------------------------------------- */

uint64_t connstat_count(connstat_t *cs, int type)
{
    uint64_t live[MAX_TYPES], sum = 0;
    struct attachment *a;

    if (cs == NULL)
        return 0;
    a = handle_enter_reader(cs);
    if (a == NULL)
        return 0;
    if (type_exists(a, type)) {
        sum = tally_live_type(a->segment, attachment_hidden(a), (uint32_t)type);
    } else if (type == CONNSTAT_ANY_TYPE) {
        tally_live(a->segment, attachment_hidden(a), live);
        for (uint32_t t = 0; t < a->segment->geometry.shape.type_count; t++)
            sum += live[t];
    }
    guard_leave();
    return sum;
}

static inline void sum_kinds(const struct geometry *g, struct connstat_counts *counts)
{
    uint64_t all = 0, connections = 0;

    for (uint32_t t = 0; t < g->shape.type_count; t++) {
        all += counts->by_type[t];
        connections += g->shape.types[t].kind == CONNSTAT_CONNECTION ? counts->by_type[t] : 0;
    }
    counts->total_channels = all - connections;
    counts->total_connections = connections;
}

int connstat_counts(connstat_t *cs, struct connstat_counts *counts)
{
    struct attachment *a = cs == NULL ? NULL : handle_enter_reader(cs);
    uint32_t types;

    if (unlikely(counts == NULL)) {
        if (a != NULL)
            guard_leave();
        return -EINVAL;
    }
    if (a == NULL) {
        memset(counts, 0, sizeof(*counts));
        return 0;
    }
    types = a->segment->geometry.shape.type_count;
    tally_live(a->segment, attachment_hidden(a), counts->by_type);
    memset(&counts->by_type[types], 0, sizeof(counts->by_type[0]) * (CONNSTAT_MAX_TYPES - types));
    counts->type_count = types;
    sum_kinds(&a->segment->geometry, counts);
    guard_leave();
    return 0;
}

int connstat_totals(connstat_t *cs, struct connstat_totals *totals)
{
    CALL(call, cs);
    struct attachment *a = call.attachment;
    const struct segment *s;
    struct totals sums;
    uint32_t types;

    if (totals == NULL)
        return -EINVAL;
    memset(totals, 0, sizeof(*totals));
    if (a == NULL)
        return 0;
    s = a->segment;
    types = s->geometry.shape.type_count;
    tally_totals(s, attachment_hidden(a), &sums);
    totals->type_count = types;
    memcpy(totals->opened, sums.opened, sizeof(sums.opened));
    memcpy(totals->closed, sums.closed, sizeof(sums.closed));
    memcpy(totals->lost, sums.lost, sizeof(sums.lost));
    for (uint32_t i = 0; i < types * CONNSTAT_REFUSAL_COUNT; i++)
        totals->refused[i / CONNSTAT_REFUSAL_COUNT][i % CONNSTAT_REFUSAL_COUNT] =
            atomic_load_explicit(&segment_refusals(s)[i], memory_order_relaxed);
    totals->refused_no_type = atomic_load_explicit(
        &segment_refusals(s)[types * CONNSTAT_REFUSAL_COUNT], memory_order_relaxed);
    totals->deaths = atomic_load_explicit(&segment_header(s)->deaths, memory_order_relaxed);
    totals->joins = atomic_load_explicit(&segment_header(s)->workers_joined, memory_order_relaxed);
    return 0;
}
