/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A mapped segment, with functions that find its parts. Every offset comes from the private geometry. An
 * index that was read from the segment has to be checked by whoever read it, once, before it is passed
 * to a function here.
 */
#ifndef SHM_SEGMENT_H
#define SHM_SEGMENT_H

#include "compiler.h"
#include "geometry.h"

struct segment {
    uint8_t *base;
    int fd; /* the host may have closed it; before use, device and inode show that it is this file */
    uint64_t device, inode;
    /* How far this process has followed the growth log (lib/file/mapping.h). What these say is mapped, and
     * they only ever grow. */
    _Atomic uint32_t known;   /* how many lines of the log */
    _Atomic uint64_t indexes; /* bit t: type t has an index of keys */
    _Atomic uint32_t capacity[MAX_TYPES];
    struct geometry geometry;
};

/* How many slots of a type this process knows. */
static inline uint32_t segment_capacity(const struct segment *s, uint32_t type)
{
    /* acquire, with the release in mapping_follow: the slots are mapped. Weaker, an access could come before
     * the mapping, and fault. */
    return atomic_load_explicit(&s->capacity[type], memory_order_acquire);
}

static inline struct header *segment_header(const struct segment *s)
{
    return (struct header *)(void *)s->base;
}

static inline struct record *segment_record(const struct segment *s, uint32_t index)
{
    return (struct record *)(void *)(s->base + s->geometry.records) + index;
}

static inline _Atomic uint64_t *segment_live_map(const struct segment *s)
{
    return (_Atomic uint64_t *)(void *)(s->base + s->geometry.live_map);
}

/* refusals[type * 5 + reason]; the last one is for no such type */
static inline _Atomic uint64_t *segment_refusals(const struct segment *s)
{
    return (_Atomic uint64_t *)(void *)(s->base + s->geometry.refusals);
}

static inline _Atomic uint64_t *segment_growth_log(const struct segment *s)
{
    return (_Atomic uint64_t *)(void *)(s->base + s->geometry.growth_log);
}

/* Has something grown that this process has not followed? A look at one word. */
static inline bool segment_is_behind(const struct segment *s)
{
    /* acquire, with mapping_follow's release: whoever is not behind knows all that has grown */
    uint32_t known = atomic_load_explicit(&s->known, memory_order_acquire);

    /* relaxed. Whoever has acquired a slot or a cell of what grew cannot read a line from before that,
     * whatever this order. Nothing is taken from the line here but that there is one: who follows reads
     * it again, with acquire (log_line in lib/file/mapping.c). */
    return unlikely(atomic_load_explicit(&segment_growth_log(s)[known], memory_order_relaxed) != 0);
}

static inline struct shard *segment_shard(const struct segment *s, uint32_t index)
{
    return (struct shard *)(void *)(s->base + s->geometry.shards +
                                    (uint64_t)index * s->geometry.shard_bytes);
}

static inline struct shard_type *shard_types(struct shard *shard)
{
    return (struct shard_type *)(shard + 1);
}

static inline _Atomic uint64_t *shard_base(const struct segment *s, struct shard *shard)
{
    return (_Atomic uint64_t *)(shard_types(shard) + s->geometry.shape.type_count);
}

/* A record's own shard, its shared one, and the extra ones follow each other. */
static inline uint32_t shard_index_own(uint32_t record)
{
    return 2 * record;
}

static inline uint32_t shard_index_shared(uint32_t record)
{
    return 2 * record + 1;
}

static inline uint32_t shard_index_extra(const struct segment *s, uint32_t n)
{
    return 2 * s->geometry.record_count + n;
}

static inline _Atomic uint64_t *segment_touched(const struct segment *s, uint32_t record,
                                                uint32_t type)
{
    return (_Atomic uint64_t *)(void *)(s->base + s->geometry.touched) +
           (uint64_t)record * s->geometry.touched_words + s->geometry.types[type].touched_first;
}

static inline struct obituary *segment_obituary(const struct segment *s, uint64_t number)
{
    return (struct obituary *)(void *)(s->base + s->geometry.obituaries +
                                       (number % OBITUARY_COUNT) * s->geometry.obituary_bytes);
}

static inline struct cluster *segment_cluster(const struct segment *s)
{
    return (struct cluster *)(void *)(s->base + s->geometry.cluster);
}

static inline _Atomic uint64_t *segment_words(const struct segment *s, uint32_t type)
{
    return (_Atomic uint64_t *)(void *)(s->base + s->geometry.types[type].words);
}

static inline _Atomic uint64_t *segment_taken(const struct segment *s, uint32_t type)
{
    return (_Atomic uint64_t *)(void *)(s->base + s->geometry.types[type].map);
}

/* A spare's holder word. */
static inline uint64_t spare_holder(uint32_t record, uint32_t incarnation)
{
    return (uint64_t)incarnation << 32 | (record + 1);
}

static inline struct spare *segment_spare(const struct segment *s, uint32_t shard)
{
    return (struct spare *)(void *)(s->base + s->geometry.spares +
                                    (uint64_t)shard * s->geometry.spare_bytes);
}

static inline struct payload *segment_payload(const struct segment *s, uint32_t type, uint32_t slot)
{
    return (struct payload *)(void *)(s->base + s->geometry.types[type].payloads +
                                      (uint64_t)slot * s->geometry.payload_bytes);
}

static inline struct key_bucket *segment_key_buckets(const struct segment *s, uint32_t type)
{
    return (struct key_bucket *)(void *)(s->base + s->geometry.types[type].key_buckets);
}

static inline struct key_slot *segment_key_slot(const struct segment *s, uint32_t type,
                                                uint32_t slot)
{
    return (struct key_slot *)(void *)(s->base + s->geometry.types[type].key_slots) + slot;
}

/* Does the segment's descriptor still mean the segment's file? Fills st if so. */
struct stat;
bool segment_has_file(const struct segment *s, struct stat *st);

/* Does the type have an index of keys that this process has mapped, for all slots that it knows? */
static inline bool key_index_is_ready(const struct segment *s, uint32_t type)
{
    /* acquire: as segment_capacity */
    return likely(atomic_load_explicit(&s->indexes, memory_order_acquire) >> type & 1);
}

/* ---- ids: reserve 2 | type + 1 | slot | generation, salted --------------------------------- */

/* of_type: what the ids of a type have in common. salted: the generation's low bits, with the salt.
 */
static inline uint64_t id_make(uint64_t of_type, uint32_t slot, uint8_t slot_shift, uint64_t salted)
{
    return of_type | (uint64_t)slot << slot_shift | salted;
}

static inline uint64_t id_of_type(uint32_t type, uint8_t type_shift)
{
    return (uint64_t)(type + 1) << type_shift;
}

static inline uint64_t id_salted(uint64_t word, uint64_t salt, uint64_t generation_mask)
{
    return (slot_generation(word) ^ salt) & generation_mask;
}

struct id_parts {
    uint32_t type, slot;
    uint64_t generation; /* its low bits */
};

/* Takes an id apart. False: it is no id of this segment's layout, or it names a slot that this process does
 * not know yet; in the second case segment_is_behind is true. */
static inline bool id_parse(const struct segment *s, uint64_t salt, uint64_t id,
                            struct id_parts *parts)
{
    const struct geometry *g = &s->geometry;
    uint64_t mask = (UINT64_C(1) << g->generation_bits) - 1;
    uint64_t type = (id >> (g->slot_bits + g->generation_bits)) - 1;

    if (unlikely(type >= g->shape.type_count))
        return false;
    parts->type = (uint32_t)type;
    parts->slot = (uint32_t)(id >> g->generation_bits & ((UINT64_C(1) << g->slot_bits) - 1));
    parts->generation = (id ^ salt) & mask;
    return likely(parts->slot < segment_capacity(s, parts->type));
}

static inline bool id_matches(const struct segment *s, const struct id_parts *parts, uint64_t word)
{
    uint64_t mask = (UINT64_C(1) << s->geometry.generation_bits) - 1;

    return (slot_generation(word) & mask) == parts->generation;
}

#endif
