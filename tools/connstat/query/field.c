/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/field.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "format/key.h"
#include "format/metadata.h"

struct field_ref field_find(const char *text, const struct field_source *source)
{
    static const struct field_ref own[] = {
        {FIELD_ID, "id"},
        {FIELD_TYPE, "type"},
        {FIELD_PID, "pid"},
        {FIELD_PID, "worker"},
        {FIELD_KEY, "key"},
        {FIELD_STARTED, "started"},
        {FIELD_STARTED, "started_at"},
        {FIELD_AGE, "age"},
        {FIELD_AGE, "age_s"},
        {FIELD_IDLE, "idle"},
        {FIELD_IDLE, "idle_s"},
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
        if (strcmp(text, own[i].name) == 0)
            return own[i];
    }
    int number = source_find(source, text);
    if (number >= 0)
        return (struct field_ref){FIELD_OF_SOURCE, source_name(source, number, text), source,
                                  number};
    return (struct field_ref){FIELD_METADATA, text + (*text == '.' && text[1] != '\0')};
}

static const struct connstat_field *text_field(struct entry_field *storage, const char *text)
{
    storage->field.type = CONNSTAT_TEXT;
    storage->field.value.text = text;
    return text ? &storage->field : NULL;
}

static const struct connstat_field *integer_field(struct entry_field *storage, int64_t integer)
{
    storage->field.type = CONNSTAT_INT;
    storage->field.value.integer = integer;
    return &storage->field;
}

/* Fields that are the same whether they are sorted by or shown. */
static const struct connstat_field *common_field(connstat_t *cs, const struct connstat_entry *entry,
                                                 struct field_ref ref, struct entry_field *storage)
{
    switch (ref.kind) {
    case FIELD_ID: /* its two highest bits are 0 */
        return integer_field(storage, (int64_t)entry->id);
    case FIELD_TYPE:
        return text_field(storage, connstat_type_name(cs, entry->type));
    case FIELD_PID:
        return integer_field(storage, entry->pid);
    case FIELD_OF_SOURCE:
        return ref.source->value(ref.source, entry, ref.number, storage);
    default:
        return metadata_find(entry->metadata, entry->metadata_count, ref.name);
    }
}

/* Is the time unknown that this field is made of? It is if the clock stood at 1970 when the entry was
 * stamped, as on a machine that has just booted. */
static bool is_unknown_time(const struct connstat_entry *entry, struct field_ref ref)
{
    if (ref.kind == FIELD_IDLE)
        return !text_time_is_known(entry->active_at_ns);
    return (ref.kind == FIELD_STARTED || ref.kind == FIELD_AGE) &&
           !text_time_is_known(entry->started_at_ns);
}

static const char *key_digits(const struct connstat_key *key, struct entry_field *storage)
{
    for (size_t i = 0; i < sizeof(key->bytes); i++)
        snprintf(storage->text + 2 * i, 3, "%02x", key->bytes[i]);
    return storage->text;
}

const struct connstat_field *field_to_sort(connstat_t *cs, const struct connstat_entry *entry,
                                           struct field_ref ref, struct entry_field *storage)
{
    if (is_unknown_time(entry, ref))
        return NULL;
    switch (ref.kind) {
    case FIELD_STARTED:
        return integer_field(storage, entry->started_at_ns);
    case FIELD_AGE:
        return integer_field(storage, -entry->started_at_ns);
    case FIELD_IDLE:
        return integer_field(storage, -entry->active_at_ns);
    case FIELD_KEY:
        return text_field(storage, entry->key ? key_digits(entry->key, storage) : NULL);
    default:
        return common_field(cs, entry, ref, storage);
    }
}

const struct connstat_field *field_to_show(connstat_t *cs, const struct connstat_entry *entry,
                                           struct field_ref ref, struct entry_field *storage)
{
    if (is_unknown_time(entry, ref))
        return NULL;
    switch (ref.kind) {
    case FIELD_STARTED:
        return text_field(
            storage, text_utc_time(entry->started_at_ns, storage->text, sizeof(storage->text)));
    case FIELD_AGE:
        return integer_field(storage, (int64_t)text_age_seconds(entry->started_at_ns));
    case FIELD_IDLE:
        return integer_field(storage, (int64_t)text_age_seconds(entry->active_at_ns));
    case FIELD_KEY:
        return text_field(storage, entry->key ? key_print(entry->key, storage->text) : NULL);
    default:
        return common_field(cs, entry, ref, storage);
    }
}
