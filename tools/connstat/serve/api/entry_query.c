/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/api/entry_query.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "format/key.h"

static bool field_contains(const struct connstat_field *field, const char *text)
{
    char number[TEXT_NUMBER_BYTES];
    switch (field->type) {
    case CONNSTAT_TEXT:
        return strcasestr(field->value.text, text);
    case CONNSTAT_INT:
        snprintf(number, sizeof(number), "%lld", (long long)field->value.integer);
        return strstr(number, text);
    case CONNSTAT_BOOL:
        return strcmp(text, field->value.boolean ? "true" : "false") == 0;
    case CONNSTAT_FLOAT:
        snprintf(number, sizeof(number), "%.15g", field->value.real);
        return strstr(number, text);
    case CONNSTAT_SLICE: /* never read back */
        break;
    }
    return false;
}

static bool entry_contains(connstat_t *cs, const struct connstat_entry *entry, const char *text)
{
    char number[TEXT_NUMBER_BYTES], key[KEY_BYTES];
    for (size_t i = 0; i < entry->metadata_count; i++) {
        if (field_contains(&entry->metadata[i], text))
            return true;
    }
    snprintf(number, sizeof(number), "%llu", (unsigned long long)entry->id);
    if (strcmp(number, text) == 0)
        return true;
    snprintf(number, sizeof(number), "%d", (int)entry->pid);
    if (strcmp(number, text) == 0 || (entry->key && strcasestr(key_print(entry->key, key), text)))
        return true;
    const char *type = connstat_type_name(cs, entry->type);
    return type && strstr(type, text);
}

struct filtered_visit {
    const struct request *request;
    const char *search; /* NULL: all */
    connstat_visit_fn visit;
    void *arg;
};

static int visit_filtered(const struct connstat_entry *entry, void *arg)
{
    struct filtered_visit *filtered = arg;
    const struct request *request = filtered->request;
    if (atomic_load_explicit(&request->client->dropped, memory_order_relaxed))
        return 1;
    if (filtered->search && !entry_contains(request->cs, entry, filtered->search))
        return 0;
    return filtered->visit(entry, filtered->arg);
}

int64_t entry_query_for_each(const struct request *request, const struct entry_query *query,
                             connstat_visit_fn visit, void *arg)
{
    bool searches = query->search && *query->search;
    struct filtered_visit filtered = {request, searches ? query->search : NULL, visit, arg};
    return select_for_each(request->cs, &query->selection, visit_filtered, &filtered);
}
