/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Handing one slot's entry to a visit.
 */
#ifndef LIB_VISIT_H
#define LIB_VISIT_H

#include "metadata/known_layout.h"
#include "metadata/metadata.h"
#include "process/attachment.h"
#include "slots/moving.h"
#include "slots/table.h"

#include <string.h>

struct visitor {
    struct table table; /* of the type being visited */
    uint64_t id_salt, id_of_type, generation_mask;
    /* For visits to all types: how many moves had begun when the visits began, and which of these were not
     * made yet. */
    uint64_t moves;
    struct arrivals arrivals;
    uint8_t slot_shift, type_shift;
    bool decode;
    connstat_visit_fn visit;
    void *arg;
    struct connstat_entry entry; /* what all of the type have in common stays */
    union {
        uint64_t words[2];
        struct connstat_key bytes;
    } key;
    uint64_t *encoded; /* metadata_bytes rounded up to 16, and DECODE_SLACK */
    uint8_t *scratch;  /* as many */
    struct connstat_field *fields;
    struct metadata_layouts *layouts;
    size_t field_count;
    void *memory; /* of the three, where the stack is too small */
    int64_t visited;
    int stopped; /* what the visit returned */
};

/* A visitor's buffers for segments of ordinary metadata_bytes, on the caller's stack. */
#define VISIT_SMALL 288u
struct visit_buffers {
    uint64_t encoded[(VISIT_SMALL + DECODE_SLACK) / 8];
    uint8_t scratch[VISIT_SMALL + DECODE_SLACK];
    struct connstat_field fields[VISIT_SMALL / 3 + 1];
    struct metadata_layouts layouts;
};

/* Returns 0 or -ENOMEM. */
int visitor_init(struct visitor *v, struct attachment *a, struct visit_buffers *buffers,
                 connstat_visit_fn visit, void *arg, bool decode);
void visitor_done(struct visitor *v);

/* Declares a visitor. Its memory is freed at the end of the block, also where a C++ exception of the visit
 * leaves the block. */
#define VISITOR(v)                                                                                 \
    __attribute__((cleanup(visitor_done))) struct visitor v;                                       \
    v.memory = NULL;                                                                               \
    v.arrivals.at = NULL

/* Before the first of all types: what moves from one to another meanwhile is visited once at most.
 * Returns 0, -ENOMEM, or what mapping_keep_up returns. */
int visitor_all_types(struct visitor *v, struct attachment *a);

/* Go to another type. */
void visitor_turn_to(struct visitor *v, struct attachment *a, uint32_t type);

/* Decodes the metadata of the copied entry into v->entry. */
void visit_decode(struct visitor *v, uint32_t length);

/* Sets the time of the last activity, of an entry that was touched. */
static inline void visit_activity(struct connstat_entry *entry, const struct payload *payload)
{
    int64_t touched = payload_active_ns(payload);

    if (touched > entry->started_at_ns)
        entry->active_at_ns = touched;
}

/* Hand a copied entry to the visit. False: stop. */
static inline bool visit_copy(struct visitor *v, uint32_t slot, const struct copy *copy)
{
    struct connstat_entry *entry = &v->entry;

    entry->id = id_make(v->id_of_type, slot, v->slot_shift,
                        id_salted(copy->word, v->id_salt, v->generation_mask));
    entry->pid = (pid_t)record_pid(copy->record);
    entry->started_at_ns = stamp_time_ns(copy->stamp);
    entry->active_at_ns = entry->started_at_ns;
    if (unlikely(payload_was_touched(copy->payload, slot_generation(copy->word))))
        visit_activity(entry, copy->payload);
    entry->encoded_size = copy->length;
    entry->key = NULL;
    if (unlikely(copy->word & SLOT_KEYED))
        entry->key = &v->key.bytes;
    if (v->decode)
        visit_decode(v, copy->length);
    v->visited++;
    v->stopped = v->visit(entry, v->arg);
    return v->stopped == 0;
}

/* visit_slot, where one look was not enough. */
bool visit_closely(struct visitor *v, uint32_t slot);

/* Visit the slot's entry, if there is one. False: stop. */
static inline bool visit_slot(struct visitor *v, uint32_t slot)
{
    struct copy copy = {.key = v->key.words};
    enum read_result result = table_look(&v->table, slot, &copy, v->encoded);

    if (unlikely(result == READ_CHANGED))
        return visit_closely(v, slot);
    return result == READ_NONE || visit_copy(v, slot, &copy);
}

#endif
