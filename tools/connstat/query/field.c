/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/field.h"

#include <stdio.h>
#include <string.h>

#include "format/key.h"
#include "format/metadata.h"

const struct connstat_field *entry_field_find(connstat_t *cs, const struct connstat_entry *entry,
                                              const char *name, struct entry_field *storage)
{
    storage->field = connstat_text(name, storage->text);
    if (*name == '.') {
        return metadata_find(entry->metadata, entry->metadata_count, name + 1);
    } else if (strcmp(name, "id") == 0) {
        snprintf(storage->text, sizeof(storage->text), "%llu", (unsigned long long)entry->id);
    } else if (strcmp(name, "type") == 0) {
        storage->field.value.text = connstat_type_name(cs, entry->type);
    } else if (strcmp(name, "pid") == 0) {
        storage->field = connstat_int(name, entry->pid);
    } else if (strcmp(name, "started") == 0) {
        storage->field = connstat_int(name, entry->started_at_ns);
    } else if (strcmp(name, "age") == 0) {
        storage->field = connstat_int(name, -entry->started_at_ns);
    } else if (strcmp(name, "key") == 0) {
        if (!entry->key)
            return NULL;
        key_print(entry->key, storage->text);
    } else {
        return metadata_find(entry->metadata, entry->metadata_count, name);
    }
    return storage->field.value.text ? &storage->field : NULL;
}
