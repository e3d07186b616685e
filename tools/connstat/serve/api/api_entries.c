/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "serve/api/entries.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "format/key.h"
#include "serve/api/parameters.h"
#include "serve/api/routes.h"

static unsigned take_where(struct request *request, const char *value, struct entry_query *query)
{
    switch (-select_add_condition(&query->selection, value)) {
    case 0:
        return 0;
    case E2BIG:
        return request_refuse(request, MHD_HTTP_BAD_REQUEST, "at most %d where conditions",
                              SELECT_MAX_CONDITIONS);
    case EINVAL:
        return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                              "where takes field=value, also with != < <= > or >=, not \"%.100s\"",
                              value);
    default:
        return request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
    }
}

static unsigned take_key(struct request *request, const char *value, struct entry_query *query)
{
    query->selection.has_key = true;
    if (key_parse(value, &query->selection.key) == 0)
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                          "key takes a number, a UUID or up to 16 bytes of text, not \"%.100s\"",
                          value);
}

static unsigned take_worker(struct request *request, const char *value, struct entry_query *query)
{
    uint64_t pid;
    unsigned status = parameter_number(request, "worker", value, 1, INT32_MAX, &pid);
    if (status == 0)
        query->selection.worker = (pid_t)pid;
    return status;
}

static unsigned take_older(struct request *request, const char *value, struct entry_query *query)
{
    if (text_seconds(value, &query->selection.older_seconds))
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                          "older takes a time as in 90s, 10m or 1h30m, not \"%.100s\"", value);
}

static unsigned take_order(struct request *request, const char *value, struct entry_query *query)
{
    query->oldest_first = strcmp(value, "oldest") == 0;
    if (query->oldest_first || strcmp(value, "newest") == 0)
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                          "order takes newest or oldest, not \"%.100s\"", value);
}

static unsigned take_limit(struct request *request, const char *value, struct entry_query *query)
{
    return parameter_number(request, "limit", value, 1, ENTRIES_MAX_LIMIT, &query->limit);
}

static unsigned take_after(struct request *request, const char *value, struct entry_query *query)
{
    char started[TEXT_NUMBER_BYTES];
    size_t length = strcspn(value, "-");
    query->has_after = true;
    if (value[length] == '-' && length < sizeof(started)) {
        memcpy(started, value, length);
        started[length] = '\0';
        if (text_integer(started, &query->after.started_at_ns) &&
            text_number(value + length + 1, &query->after.id))
            return 0;
    }
    return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                          "after takes what the page before gave as next, not \"%.100s\"", value);
}

static unsigned take(struct request *request, const char *name, const char *value, void *arg)
{
    static const struct {
        const char *name;
        unsigned (*take)(struct request *request, const char *value, struct entry_query *query);
    } parameters[] = {
        {"where", take_where}, {"key", take_key},     {"worker", take_worker},
        {"older", take_older}, {"order", take_order}, {"limit", take_limit},
        {"after", take_after},
    };
    struct entry_query *query = arg;
    for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++) {
        if (strcmp(name, parameters[i].name) == 0)
            return parameters[i].take(request, value, query);
    }
    if (strcmp(name, "type") == 0)
        query->type = value;
    else if (strcmp(name, "search") == 0)
        query->search = value;
    else
        query->group_by = value;
    return 0;
}

static unsigned answer(struct request *request, struct entry_query *query)
{
    unsigned status = parameters_read(request, take, query);
    if (status)
        return status;
    if (!request->cs)
        return request_no_segment(request);
    if (query->type)
        query->selection.type = connstat_type_find(request->cs, query->type);
    if (query->selection.type == -ENOENT || query->selection.type == -EINVAL)
        return request_refuse(request, MHD_HTTP_BAD_REQUEST, "the segment has no type \"%.100s\"",
                              query->type);
    if (query->group_by && *query->group_by == '\0')
        return request_refuse(request, MHD_HTTP_BAD_REQUEST, "group_by takes the name of a field");
    if (!turns_begin(&request->server->turns))
        return request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                              "%d searches wait already: try again", TURNS_WAITING);
    status =
        query->group_by ? entries_write_groups(request, query) : entries_write_page(request, query);
    turns_end(&request->server->turns);
    return status;
}

unsigned api_entries(struct request *request)
{
    struct entry_query query = {.limit = 50, .selection = {.type = CONNSTAT_ANY_TYPE}};
    unsigned status = answer(request, &query);
    select_free(&query.selection);
    return status;
}

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
    }
    return false;
}

bool entry_contains(connstat_t *cs, const struct connstat_entry *entry, const char *text)
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
