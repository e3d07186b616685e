/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "describe/kept.h"

#include <stdlib.h>
#include <string.h>

struct kept kept_describe(const struct connstat_entry *entry, const struct connstat_field *field)
{
    struct kept kept = {.id = entry->id,
                        .type = entry->type,
                        .pid = entry->pid,
                        .started_at_ns = entry->started_at_ns,
                        .active_at_ns = entry->active_at_ns,
                        .has_key = entry->key != NULL,
                        .has_field = field != NULL,
                        .encoded_size = entry->encoded_size};
    if (entry->key)
        kept.key = *entry->key;
    if (field)
        kept.field = *field;
    return kept;
}

struct kept *kept_copy(const struct kept *described, const struct connstat_entry *entry)
{
    bool has_text = described->has_field && described->field.type == CONNSTAT_TEXT;
    const char *text = has_text ? described->field.value.text : "";
    size_t text_size = strlen(text) + 1;
    struct kept *kept = malloc(sizeof(*kept) + entry->encoded_size + text_size);
    if (!kept)
        return NULL;
    *kept = *described;
    if (entry->encoded_size > 0)
        memcpy(kept->encoded, entry->encoded, entry->encoded_size);
    memcpy(kept->encoded + entry->encoded_size, text, text_size);
    if (has_text)
        kept->field.value.text = kept->encoded + entry->encoded_size;
    return kept;
}

struct connstat_entry kept_entry(const struct kept *kept)
{
    enum { MAX_FIELDS = 2048 };
    static char scratch[4097];
    static struct connstat_field fields[MAX_FIELDS];
    int count = kept->encoded_size > 0 ? connstat_decode(kept->encoded, kept->encoded_size, scratch,
                                                         fields, MAX_FIELDS)
                                       : 0;
    return (struct connstat_entry){.id = kept->id,
                                   .type = kept->type,
                                   .pid = kept->pid,
                                   .started_at_ns = kept->started_at_ns,
                                   .active_at_ns = kept->active_at_ns,
                                   .metadata = fields,
                                   .metadata_count = count > 0 ? (size_t)count : 0,
                                   .key = kept->has_key ? &kept->key : NULL};
}
