/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "describe/entry.h"

#include "common/clock.h"
#include "common/text.h"

const struct column entry_columns[ENTRY_COLUMNS] = {
    {"id", "ID", VALUE_ID},
    {"type", "TYPE", VALUE_TEXT},
    {"pid", "WORKER", VALUE_NUMBER},
    {"started_at", "STARTED", VALUE_TIME, .wide = true},
    {"age_s", "AGE", VALUE_SECONDS},
    {"key", "KEY", VALUE_TEXT, .wide = true},
    {"metadata", "METADATA", VALUE_METADATA},
    {"active_at", "ACTIVE", VALUE_TIME, .wide = true},
    {"idle_s", "IDLE", VALUE_SECONDS},
};

const struct value *entry_values(connstat_t *cs, const struct connstat_entry *entry,
                                 struct entry_row *row)
{
    const char *type = connstat_type_name(cs, entry->type);
    int64_t now_ns = clock_now_ns(); /* once: it is read for each of a million rows */
    struct value *value = row->values;
    *value++ = (struct value){.count = entry->id};
    *value++ = (struct value){.text = type, .none = !type};
    *value++ = (struct value){.integer = entry->pid};
    *value++ = (struct value){.integer = entry->started_at_ns};
    *value++ = (struct value){.real = text_span_seconds(entry->started_at_ns, now_ns)};
    if (entry->key)
        *value++ = (struct value){.text = key_print(entry->key, row->key)};
    else
        *value++ = (struct value){.none = true};
    *value++ = (struct value){.metadata = {entry->metadata, entry->metadata_count}};
    *value++ = (struct value){.integer = entry->active_at_ns};
    *value = (struct value){.real = text_span_seconds(entry->active_at_ns, now_ns)};
    return row->values;
}

void entry_json(struct jsonw *json, const char *name, connstat_t *cs,
                const struct connstat_entry *entry)
{
    struct entry_row row;
    row_json(json, name, entry_columns, ENTRY_COLUMNS, entry_values(cs, entry, &row));
}
