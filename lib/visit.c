/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "visit.h"

#include "../shm/metadata.h"
#include "../shm/slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int visitor_init(struct visitor *v, struct attachment *a, struct visit_buffers *buffers,
                 connstat_visit_fn visit, void *arg, bool decode)
{
    size_t bytes = a->segment->geometry.shape.metadata_bytes;
    size_t room = (bytes + 16) / 8 * 8;

    *v = (struct visitor){
        .segment = a->segment,
        .hidden = attachment_hidden(a),
        .id_salt = a->id_salt,
        .visit = visit,
        .arg = arg,
        .decode = decode,
        .encoded = buffers->encoded,
        .scratch = buffers->scratch,
        .fields = buffers->fields,
        .field_count = sizeof(buffers->fields) / sizeof(buffers->fields[0]),
    };
    if (bytes <= VISIT_SMALL)
        return 0;
    v->field_count = bytes / 3 + 1; /* no pair takes less than three bytes */
    v->memory = malloc(v->field_count * sizeof(struct connstat_field) + 2 * room);
    if (v->memory == NULL)
        return -ENOMEM;
    v->fields = v->memory;
    v->encoded = (uint8_t *)(v->fields + v->field_count);
    v->scratch = v->encoded + room;
    return 0;
}

void visitor_done(struct visitor *v)
{
    free(v->memory);
}

static void decode(struct visitor *v, const struct copy *copy, struct connstat_entry *entry)
{
    int count;

    memcpy(v->scratch, copy->metadata, copy->length);
    count = metadata_decode(v->scratch, copy->length, v->fields, v->field_count);
    entry->metadata = v->fields;
    entry->metadata_count = count > 0 ? (size_t)count : 0;
}

bool visit_slot(struct visitor *v, uint32_t type, uint32_t slot,
                bool (*match)(const struct copy *copy, const void *what), const void *what)
{
    struct copy copy = {.metadata = v->encoded};
    struct connstat_entry entry;
    struct connstat_key key;
    uint32_t pid;

    if (!table_read(v->segment, v->hidden, type, slot, &copy, &pid) ||
        (match != NULL && !match(&copy, what)))
        return true;
    entry.id = id_make(v->segment, v->id_salt, type, slot, slot_generation(copy.word));
    entry.type = (int)type;
    entry.pid = (pid_t)pid;
    entry.started_at_ns = stamp_time_ns(copy.stamp);
    entry.metadata = NULL;
    entry.metadata_count = 0;
    entry.encoded = copy.metadata;
    entry.encoded_size = copy.length;
    entry.key = NULL;
    if (copy.word & SLOT_KEYED) {
        memcpy(&key, copy.key, sizeof(key));
        entry.key = &key;
    }
    if (v->decode)
        decode(v, &copy, &entry);
    v->visited++;
    v->stopped = v->visit(&entry, v->arg);
    return v->stopped == 0;
}
