/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "slots/table.h"

struct table table_of(const struct segment *s, const struct hidden *hidden, uint32_t type)
{
    return (struct table){
        .segment = s,
        .hidden = hidden,
        .words = segment_words(s, type),
        .payloads = (uint8_t *)segment_payload(s, type, 0),
        .records = segment_record(s, 0),
        .type = type,
        .capacity = s->geometry.types[type].capacity,
        .payload_bytes = s->geometry.payload_bytes,
        .metadata_bytes = s->geometry.shape.metadata_bytes,
        .max_workers = s->geometry.shape.max_workers,
    };
}

bool table_copy_key(const struct table *t, uint32_t slot, struct copy *copy)
{
    const struct key_slot *key = segment_key_slot(t->segment, t->type, slot);

    /* A keyed word without an index is damage; the memory may not be there. */
    if (!key_index_is_ready(t->segment, t->type))
        return false;
    copy->key[0] = atomic_load_explicit(&key->key[0], memory_order_relaxed);
    copy->key[1] = atomic_load_explicit(&key->key[1], memory_order_relaxed);
    return true;
}
