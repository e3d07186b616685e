/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "geometry.h"

#include "growth.h"

#include <errno.h>
#include <string.h>

static uint64_t round_up(uint64_t n, uint64_t to)
{
    return (n + to - 1) / to * to;
}

static bool is_prime(uint32_t n)
{
    for (uint32_t divisor = 2; (uint64_t)divisor * divisor <= n; divisor++)
        if (n % divisor == 0)
            return false;
    return true;
}

static uint32_t prime_above(uint32_t n)
{
    do
        n++;
    while (!is_prime(n));
    return n;
}

static uint32_t bits_for(uint32_t values)
{
    uint32_t bits = 0;

    while (bits < 32 && UINT64_C(1) << bits < values)
        bits++;
    return bits;
}

static bool name_is_valid(const char name[NAME_BYTES])
{
    size_t length = strnlen(name, NAME_BYTES);

    if (length == 0 || length == NAME_BYTES)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
              name[i] == '_'))
            return false;
    for (size_t i = length; i < NAME_BYTES; i++)
        if (name[i] != '\0')
            return false;
    return true;
}

static bool shape_is_valid(const struct shape *shape)
{
    if (shape->type_count == 0 || shape->type_count > MAX_TYPES || shape->max_workers == 0 ||
        shape->max_workers > MAX_WORKERS || shape->metadata_bytes == 0 ||
        shape->metadata_bytes > MAX_METADATA || shape->page_bytes < LEAST_PAGE ||
        shape->page_bytes > LARGEST_PAGE || (shape->page_bytes & (shape->page_bytes - 1)) != 0 ||
        (shape->flags & ~HEADER_GROWS_BY_HAND) != 0)
        return false;
    for (uint32_t t = 0; t < shape->type_count; t++) {
        const struct type_layout *type = &shape->types[t];

        if (!name_is_valid(type->name) || type->kind > 1 || type->capacity == 0 ||
            type->capacity > type->maximum || type->maximum > MAX_CAPACITY || type->reserved != 0)
            return false;
        for (uint32_t other = 0; other < t; other++)
            if (memcmp(shape->types[other].name, type->name, NAME_BYTES) == 0)
                return false;
    }
    return true;
}

static uint64_t place(uint64_t *end, uint64_t bytes, uint64_t alignment)
{
    uint64_t offset = round_up(*end, alignment);

    *end = offset + bytes;
    return offset;
}

static void place_shared(struct geometry *g, uint64_t *end)
{
    uint32_t types = g->shape.type_count;

    g->record_count = g->shape.max_workers + REAPER_RECORDS;
    g->live_words = (g->shape.max_workers + 31) / 32;
    g->shard_bytes = (uint32_t)round_up(
        sizeof(struct shard) + types * (sizeof(struct shard_type) + sizeof(uint64_t)), 64);
    g->shard_count = 2 * g->record_count + EXTRA_SHARDS;
    g->obituary_bytes = (uint32_t)(sizeof(struct obituary) + 8 * (OBITUARY_LOST + types));
    g->payload_bytes = (uint32_t)(sizeof(struct payload) + round_up(g->shape.metadata_bytes, 8));
    /* One word more: readers copy two at a time. */
    g->spare_bytes =
        (uint32_t)round_up(sizeof(struct spare) + round_up(g->shape.metadata_bytes, 8) + 8, 64);

    g->records =
        place(end, (uint64_t)g->record_count * sizeof(struct record), sizeof(struct header));
    g->live_map = place(end, (uint64_t)g->live_words * 8, 64);
    g->refusals = place(end, ((uint64_t)types * 5 + 1) * 8, 64);
    g->growth_log = place(end, (uint64_t)growth_lines(g) * 8, 64);
    g->shards = place(end, (uint64_t)g->shard_count * g->shard_bytes, 64);
    g->touched = place(end, (uint64_t)g->record_count * g->touched_words * 8, 64);
    g->obituaries = place(end, (uint64_t)OBITUARY_COUNT * g->obituary_bytes, 64);
    g->cluster = place(end, sizeof(struct cluster), 64);
    g->spares = place(end, (uint64_t)g->shard_count * g->spare_bytes, 64);
}

/* Places the taken maps, for as many slots as there may ever be, and the tables that do not grow. These lie
 * in the file as they do in the address space. */
static void place_tables(struct geometry *g, uint64_t *end)
{
    for (uint32_t t = 0; t < g->shape.type_count; t++) {
        struct type_geometry *type = &g->types[t];

        type->map = place(end, (uint64_t)type->map_words * 8, 64);
        if (type->grows)
            continue;
        type->words = place(end, (uint64_t)type->capacity * 8, 64);
        /* One word more: readers copy two at a time. */
        type->payloads = place(end, (uint64_t)type->capacity * g->payload_bytes + 8, 64);
    }
    g->fixed = round_up(*end, g->shape.page_bytes);
}

/* Reserves addresses for an array that may grow. A large array begins at a multiple of the size of a huge
 * page, so that it can have huge pages. */
static uint64_t place_array(const struct geometry *g, uint64_t *end, uint64_t bytes)
{
    uint64_t whole = round_up(bytes, g->shape.page_bytes);

    return place(end, whole, whole >= HUGE_PART ? HUGE_PART : g->shape.page_bytes);
}

static void place_arrays(struct geometry *g)
{
    uint64_t end = g->fixed;

    for (uint32_t t = 0; t < g->shape.type_count; t++) {
        struct type_geometry *type = &g->types[t];
        uint64_t slots = growth_slots(g, type->maximum);

        if (type->grows) {
            type->payloads = place_array(g, &end, slots * g->payload_bytes);
            type->words = place_array(g, &end, slots * 8);
        }
        /* A prime, so that a sequence of any stride comes by every bucket. */
        type->key_bucket_count = prime_above(type->maximum / 4 + 3);
        type->key_cell_bits = bits_for(type->maximum + 1);
        type->key_buckets =
            place_array(g, &end, type->key_bucket_count * sizeof(struct key_bucket));
        type->key_slots = place_array(g, &end, slots * sizeof(struct key_slot));
    }
    g->reserved = end;
}

static void set_size(struct geometry *g)
{
    struct growth growth;
    struct parts parts;

    growth_empty(g, &growth);
    for (uint32_t t = 0; t < g->shape.type_count; t++)
        growth_first(g, &growth, t, &parts);
    g->size = growth.end;
}

static uint32_t count_slots(struct geometry *g)
{
    uint32_t largest = 0;

    for (uint32_t t = 0; t < g->shape.type_count; t++) {
        struct type_geometry *type = &g->types[t];

        type->capacity = g->shape.types[t].capacity;
        type->maximum = g->shape.types[t].maximum;
        type->grows = type->maximum > type->capacity;
        type->map_words = (type->maximum + 63) / 64;
        type->touched_first = g->touched_words;
        type->touched_words = ((type->maximum + CHUNK_SLOTS - 1) / CHUNK_SLOTS + 63) / 64;
        g->touched_words += type->touched_words;
        largest = type->maximum > largest ? type->maximum : largest;
    }
    return largest;
}

int geometry_compute(struct geometry *g, const struct shape *shape)
{
    uint64_t end = sizeof(struct header);
    uint32_t type_bits;

    if (!shape_is_valid(shape))
        return -EINVAL;
    memset(g, 0, sizeof(*g));
    g->shape = *shape;
    g->slot_bits = bits_for(count_slots(g));
    type_bits = bits_for(shape->type_count + 1);
    if (type_bits + g->slot_bits > 30)
        return -EINVAL;
    g->generation_bits = 62 - type_bits - g->slot_bits;
    if (g->generation_bits > SLOT_GENERATION_BITS)
        g->generation_bits = SLOT_GENERATION_BITS;
    place_shared(g, &end);
    place_tables(g, &end);
    place_arrays(g);
    set_size(g);
    return 0;
}

uint64_t header_checksum(const struct header *header)
{
    /* FNV-1a over the constant bytes: [0, 16), [24, 112), [120, 144) and the types. It finds
     * damage; against malice stands the check of every value that is read. */
    static const struct {
        size_t from, to;
    } parts[] = {
        {0, offsetof(struct header, state)},
        {offsetof(struct header, size_bytes), offsetof(struct header, checksum)},
        {offsetof(struct header, generation), offsetof(struct header, flags) + 4},
        {offsetof(struct header, types), sizeof(struct header)},
    };
    const uint8_t *bytes = (const uint8_t *)header;
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    for (size_t part = 0; part < sizeof(parts) / sizeof(parts[0]); part++)
        for (size_t i = parts[part].from; i < parts[part].to; i++)
            sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    return sum;
}

void geometry_to_header(const struct geometry *g, struct header *header)
{
    header->magic = LAYOUT_MAGIC;
    header->version = LAYOUT_VERSION;
    header->header_bytes = sizeof(*header);
    header->size_bytes = g->size;
    header->records_offset = g->records;
    header->record_count = g->record_count;
    header->record_bytes = sizeof(struct record);
    header->type_count = g->shape.type_count;
    header->max_workers = g->shape.max_workers;
    header->metadata_bytes = g->shape.metadata_bytes;
    header->shard_bytes = g->shard_bytes;
    header->generation = GENERATION_FIRST;
    header->page_bytes = g->shape.page_bytes;
    header->flags = g->shape.flags;
    memcpy(header->types, g->shape.types, sizeof(header->types));
}

int geometry_from_header(struct geometry *g, const struct header *header)
{
    struct shape shape = {0};

    if (header->magic != LAYOUT_MAGIC)
        return -EBADMSG;
    if (header->version != LAYOUT_VERSION)
        return -EPROTO;
    if (header->checksum != header_checksum(header))
        return -EBADMSG;
    /* Made by a library that knows generations: its ids, and its limits, are not as ours. */
    if (header->generation != GENERATION_FIRST || header->previous != 0)
        return -EPROTO;
    shape.type_count = header->type_count;
    shape.max_workers = header->max_workers;
    shape.metadata_bytes = header->metadata_bytes;
    shape.page_bytes = header->page_bytes;
    shape.flags = header->flags;
    memcpy(shape.types, header->types, sizeof(shape.types));
    if (geometry_compute(g, &shape) < 0)
        return -EBADMSG;
    if (header->header_bytes != sizeof(*header) || header->size_bytes != g->size ||
        header->records_offset != g->records || header->record_count != g->record_count ||
        header->record_bytes != sizeof(struct record) || header->shard_bytes != g->shard_bytes)
        return -EBADMSG;
    return 0;
}

bool shape_alike(const struct shape *a, const struct shape *b)
{
    if (a->type_count != b->type_count || a->max_workers != b->max_workers ||
        a->metadata_bytes != b->metadata_bytes || a->page_bytes != b->page_bytes)
        return false;
    for (uint32_t t = 0; t < a->type_count; t++)
        if (memcmp(a->types[t].name, b->types[t].name, NAME_BYTES) != 0 ||
            a->types[t].kind != b->types[t].kind || a->types[t].maximum != b->types[t].maximum)
            return false;
    return true;
}
