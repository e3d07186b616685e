/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "growth.h"

#include <errno.h>

#define KIND_BITS     2u
#define TYPE_BITS     6u
#define CAPACITY_BITS 25u
#define CHECK_SHIFT   (KIND_BITS + TYPE_BITS + CAPACITY_BITS)

static_assert(MAX_TYPES <= 1u << TYPE_BITS, "a type fits a line");
static_assert(MAX_CAPACITY < 1u << CAPACITY_BITS, "a capacity fits a line");

uint32_t growth_lines(const struct geometry *g)
{
    return GROWTH_LINES * g->shape.type_count;
}

uint64_t growth_slots(const struct geometry *g, uint32_t capacity)
{
    uint64_t step = g->shape.page_bytes / sizeof(uint64_t);

    return (capacity + step) / step * step;
}

/* ---- where parts lie ------------------------------------------------------------------------ */

/* At the end of the file. A large part lies so that its address and its offset agree, for huge
 * pages; what is skipped for that is never reserved. */
static void place(const struct geometry *g, struct growth *growth, uint64_t at, uint64_t bytes,
                  struct parts *parts)
{
    uint64_t page = g->shape.page_bytes;
    uint64_t offset = (growth->end + page - 1) / page * page;

    if (bytes == 0)
        return;
    if (bytes >= HUGE_PART)
        offset += (at - offset) % HUGE_PART;
    growth->end = offset + bytes;
    parts->part[parts->count++] = (struct part){at, offset, bytes};
}

/* The slots from one capacity to another. */
static void place_slots(const struct geometry *g, struct growth *growth, uint32_t type,
                        uint32_t from, uint32_t to, struct parts *parts)
{
    const struct type_geometry *t = &g->types[type];
    uint64_t first = from == 0 ? 0 : growth_slots(g, from), count = growth_slots(g, to) - first;

    place(g, growth, t->payloads + first * g->payload_bytes, count * g->payload_bytes, parts);
    if (growth->indexes >> type & 1)
        place(g, growth, t->key_slots + first * sizeof(struct key_slot),
              count * sizeof(struct key_slot), parts);
    place(g, growth, t->words + first * sizeof(uint64_t), count * sizeof(uint64_t), parts);
}

static void place_index(const struct geometry *g, struct growth *growth, uint32_t type,
                        struct parts *parts)
{
    const struct type_geometry *t = &g->types[type];

    place(g, growth, t->key_buckets, t->key_slots - t->key_buckets, parts);
    place(g, growth, t->key_slots,
          growth_slots(g, growth->capacity[type]) * sizeof(struct key_slot), parts);
}

void growth_empty(const struct geometry *g, struct growth *growth)
{
    growth->lines = 0;
    growth->end = g->fixed;
    growth->indexes = 0;
    for (uint32_t t = 0; t < MAX_TYPES; t++)
        growth->capacity[t] = g->types[t].grows ? 0 : g->types[t].capacity;
}

void growth_first(const struct geometry *g, struct growth *growth, uint32_t type,
                  struct parts *parts)
{
    parts->count = 0;
    if (!g->types[type].grows)
        return;
    place_slots(g, growth, type, 0, g->types[type].capacity, parts);
    growth->capacity[type] = g->types[type].capacity;
}

void growth_start(const struct geometry *g, struct growth *growth)
{
    growth->lines = 0;
    growth->end = g->size;
    growth->indexes = 0;
    for (uint32_t t = 0; t < MAX_TYPES; t++)
        growth->capacity[t] = g->types[t].capacity;
}

/* ---- lines ---------------------------------------------------------------------------------- */

uint64_t growth_word(const struct growth *growth, enum growth_kind kind, uint32_t type,
                     uint32_t capacity)
{
    uint64_t says = (uint64_t)capacity << (KIND_BITS + TYPE_BITS) | type << KIND_BITS | kind;
    uint64_t check =
        (says | (uint64_t)growth->lines << CHECK_SHIFT) * UINT64_C(0x9e3779b97f4a7c15) >>
        CHECK_SHIFT;

    return says | check << CHECK_SHIFT;
}

int growth_apply(const struct geometry *g, struct growth *growth, uint64_t word,
                 struct parts *parts)
{
    enum growth_kind kind = (enum growth_kind)(word & ((1u << KIND_BITS) - 1));
    uint32_t type = (uint32_t)(word >> KIND_BITS) & ((1u << TYPE_BITS) - 1);
    uint32_t capacity = (uint32_t)(word >> (KIND_BITS + TYPE_BITS)) & ((1u << CAPACITY_BITS) - 1);
    uint32_t now;

    if (growth->lines + 1 >= growth_lines(g) || type >= g->shape.type_count ||
        word != growth_word(growth, kind, type, capacity))
        return -EBADMSG;
    now = growth->capacity[type];
    if (kind == GROWTH_TABLE && capacity > now && capacity <= g->types[type].maximum) {
        parts->count = 0;
        place_slots(g, growth, type, now, capacity, parts);
        growth->capacity[type] = capacity;
    } else if (kind == GROWTH_INDEX && capacity == now && !(growth->indexes >> type & 1)) {
        parts->count = 0;
        place_index(g, growth, type, parts);
        growth->indexes |= UINT64_C(1) << type;
    } else {
        return -EBADMSG;
    }
    growth->lines++;
    return 0;
}

uint32_t growth_next(const struct geometry *g, const struct growth *growth, uint32_t type,
                     uint64_t wanted)
{
    uint64_t now = growth->capacity[type];
    uint64_t least = now + (now / 2 > SMALLEST_STEP ? now / 2 : SMALLEST_STEP);
    uint64_t next = wanted > least ? wanted : least;

    return next < g->types[type].maximum ? (uint32_t)next : g->types[type].maximum;
}

uint64_t growth_bytes(const struct geometry *g, struct growth *growth, const struct shape *shape)
{
    uint64_t bytes = 0;
    struct parts parts;

    for (uint32_t t = 0; t < shape->type_count; t++) {
        uint32_t wanted = shape->types[t].capacity;
        uint32_t next = growth_next(g, growth, t, wanted);

        if (growth->capacity[t] < wanted &&
            growth_apply(g, growth, growth_word(growth, GROWTH_TABLE, t, next), &parts) == 0)
            bytes += parts_bytes(&parts);
    }
    return bytes;
}
