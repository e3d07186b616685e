/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "entry/visit.h"

#include <errno.h>
#include <stdlib.h>

int visitor_init(struct visitor *v, struct attachment *a, struct visit_buffers *buffers,
                 connstat_visit_fn visit, void *arg, bool decode)
{
    const struct geometry *g = &a->segment->geometry;
    size_t bytes = g->shape.metadata_bytes, room = (bytes + 15) / 16 * 16 + DECODE_SLACK;

    *v = (struct visitor){
        .id_salt = a->id_salt,
        .generation_mask = (UINT64_C(1) << g->generation_bits) - 1,
        .slot_shift = (uint8_t)g->generation_bits,
        .type_shift = (uint8_t)(g->generation_bits + g->slot_bits),
        .moves = UINT64_MAX,
        .visit = visit,
        .arg = arg,
        .decode = decode,
        .encoded = buffers->encoded,
        .scratch = buffers->scratch,
        .fields = buffers->fields,
        .layouts = &buffers->layouts,
        .field_count = sizeof(buffers->fields) / sizeof(buffers->fields[0]),
    };
    metadata_layouts_init(&buffers->layouts);
    if (bytes <= VISIT_SMALL)
        return 0;
    v->field_count = bytes / 3 + 1; /* no pair takes less than three bytes */
    v->memory = malloc(v->field_count * sizeof(struct connstat_field) + 2 * room);
    if (v->memory == NULL)
        return -ENOMEM;
    v->fields = v->memory;
    v->encoded = (uint64_t *)(v->fields + v->field_count);
    v->scratch = (uint8_t *)v->encoded + room;
    return 0;
}

void visitor_done(struct visitor *v)
{
    free(v->memory);
    arrivals_free(&v->arrivals);
}

int visitor_all_types(struct visitor *v, struct attachment *a)
{
    int error;

    v->moves = moving_last(a->segment);
    if (v->moves == 0)
        return 0;
    /* Where a move has begun is a part of the table that we know by now. */
    error = mapping_keep_up(&a->mapping);
    return error < 0 ? error : arrivals_note(a->segment, &v->arrivals);
}

void visitor_turn_to(struct visitor *v, struct attachment *a, uint32_t type)
{
    v->table = table_of(a->segment, attachment_hidden(a), type);
    v->table.moves = v->moves;
    v->table.arrivals = &v->arrivals;
    v->id_of_type = id_of_type(type, v->type_shift);
    v->entry = (struct connstat_entry){
        .type = (int)type,
        .metadata = v->decode ? v->fields : NULL,
        .encoded = v->encoded,
    };
}

bool visit_closely(struct visitor *v, uint32_t slot)
{
    struct copy copy = {.key = v->key.words};

    return !table_read_closely(&v->table, slot, &copy, v->encoded) || visit_copy(v, slot, &copy);
}

void visit_decode(struct visitor *v, uint32_t length)
{
    int count = metadata_decode_alike(v->layouts, (const uint8_t *)v->encoded, length, v->scratch,
                                      v->fields, v->field_count);

    v->entry.metadata_count = count > 0 ? (size_t)count : 0;
}
