/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Visiting entries: all of a type, or one by its id.
 */
#include "entry/visit.h"
#include "worker/handle.h"

#include <errno.h>

#define BATCH 32u /* slots fetched ahead: as many cache misses at once as a core can have */

struct batch {
    uint32_t count;
    uint32_t slots[BATCH];
};

/* A function of its own, so that the walk over the map has the registers to itself. */
static __attribute__((noinline)) bool visit_batch(struct visitor *v, struct batch *batch)
{
    uint32_t count = batch->count;

    batch->count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (!visit_slot(v, batch->slots[i]))
            return false;
    return true;
}

static inline void fetch(const struct visitor *v, uint32_t slot)
{
    const uint8_t *payload = v->table.payloads + (uint64_t)slot * v->table.payload_bytes;

    __builtin_prefetch((const void *)&v->table.words[slot]);
    __builtin_prefetch(payload);
    __builtin_prefetch(payload + 64);
}

/* The taken map has a zero where a slot may be free: an entry that lives all the while has a one,
 * so whole words of zeros are skipped. */
static bool visit_type(struct visitor *v, struct attachment *a, uint32_t type)
{
    const _Atomic uint64_t *map = segment_taken(a->segment, type);
    const uint32_t map_words = (segment_capacity(a->segment, type) + 63) / 64;
    struct batch batch = {.count = 0};

    visitor_turn_to(v, a, type);
    for (uint32_t i = 0; i < map_words; i++) {
        /* relaxed: an entry whose registration is known to us has its bit set before */
        uint64_t taken = atomic_load_explicit(&map[i], memory_order_relaxed);

        if (unlikely(v->table.capacity - i * 64 < 64))
            taken &= ~(~UINT64_C(0) << v->table.capacity % 64); /* of slots that there are */
        for (; taken != 0; taken &= taken - 1) {
            uint32_t slot = i * 64 + (uint32_t)__builtin_ctzll(taken);

            fetch(v, slot);
            batch.slots[batch.count++] = slot;
            if (batch.count == BATCH && !visit_batch(v, &batch))
                return false;
        }
    }
    return visit_batch(v, &batch);
}

static int64_t for_each(connstat_t *cs, int type, connstat_visit_fn visit, void *arg, bool decode)
{
    struct visit_buffers buffers;
    CALL(call, cs);
    VISITOR(v);
    struct attachment *a = call.attachment;
    uint32_t types;
    int error;

    if (cs == NULL)
        return 0;
    if (visit == NULL)
        return -EINVAL;
    if (a == NULL)
        return -ENOTCONN;
    types = a->segment->geometry.shape.type_count;
    error = type == CONNSTAT_ANY_TYPE || (unsigned)type < types ? 0 : -EINVAL;
    /* What lives for the whole call was published before it began. */
    if (error == 0)
        error = mapping_keep_up(&a->mapping);
    if (error == 0)
        error = visitor_init(&v, a, &buffers, visit, arg, decode);
    if (error == 0 && type == CONNSTAT_ANY_TYPE)
        error = visitor_all_types(&v, a);
    if (error == 0) {
        uint32_t first = type == CONNSTAT_ANY_TYPE ? 0 : (uint32_t)type;
        uint32_t end = type == CONNSTAT_ANY_TYPE ? types : (uint32_t)type + 1;

        for (uint32_t t = first; t < end && visit_type(&v, a, t); t++)
            ;
    }
    return error < 0 ? error : v.visited;
}

int64_t connstat_for_each(connstat_t *cs, int type, connstat_visit_fn visit, void *arg)
{
    return for_each(cs, type, visit, arg, true);
}

int64_t connstat_for_each_encoded(connstat_t *cs, int type, connstat_visit_fn visit, void *arg)
{
    return for_each(cs, type, visit, arg, false);
}

int connstat_get(connstat_t *cs, connstat_id id, connstat_visit_fn visit, void *arg)
{
    struct visit_buffers buffers;
    struct id_parts parts;
    CALL(call, cs);
    VISITOR(v);
    struct copy copy = {.key = v.key.words};
    struct attachment *a = call.attachment;
    int error;

    if (cs == NULL)
        return -ENOENT;
    if (visit == NULL)
        return -EINVAL;
    if (a == NULL)
        return -ENOTCONN;
    /* An entry that is moving lives in the slot that it comes from, or in that where it arrives: to tell
     * which, both must be known. */
    (void)mapping_keep_up(&a->mapping);
    error = attachment_parse_id(a, id, &parts) ? 0 : -ENOENT;
    if (error == 0)
        error = visitor_init(&v, a, &buffers, visit, arg, true);
    if (error == 0) {
        visitor_turn_to(&v, a, parts.type);
        if (table_read(&v.table, parts.slot, &copy, v.encoded) &&
            id_matches(a->segment, &parts, copy.word)) {
            visit_copy(&v, parts.slot, &copy);
            error = v.stopped;
        } else {
            error = -ENOENT;
        }
    }
    return error;
}
