/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * /api/v1/entries: what its parameters ask for.
 */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "common/when.h"
#include "format/key.h"
#include "format/names.h"
#include "serve/api/documents.h"
#include "serve/api/entries.h"
#include "serve/api/parameters.h"

/* Keeps a condition. Of those that are too many one is kept, so that select_add refuses it in words. */
static unsigned take_where(struct request *request, const char *value, struct entry_query *query)
{
    (void)request;
    if (query->where_count <= SELECT_MAX_WHERES)
        query->wheres[query->where_count++] = value;
    return 0;
}

/* What names mean depends on "net", which may stand behind them. */
static unsigned read_wheres(struct request *request, struct entry_query *query)
{
    char problem[512];
    if (query->asks_network) {
        query->source = net_source(&query->network);
        query->selection.source = &query->source.source;
    }
    for (size_t i = 0; i < query->where_count; i++) {
        switch (select_add(&query->selection, query->wheres[i], problem, sizeof(problem))) {
        case 0:
            break;
        case -EINVAL:
            return request_refuse(request, MHD_HTTP_BAD_REQUEST, "where: %s", problem);
        default:
            return request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
        }
    }
    return 0;
}

static unsigned take_net(struct request *request, const char *value, struct entry_query *query)
{
    query->asks_network = strcmp(value, "1") == 0;
    if (query->asks_network || strcmp(value, "0") == 0)
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST, "net takes 1 or 0, not \"%.100s\"", value);
}

/* Returns 0, or the status of the refusal. */
static unsigned ask_network(struct request *request, struct entry_query *query)
{
    char problem[512];
    pid_t pid;
    if (network_gather(&query->network, request->cs, &query->selection) < 0)
        return request_no_segment(request);
    if (network_ask(&query->network, request->cs, problem, sizeof(problem)) < 0)
        return *problem ? request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE, "net: %s", problem)
                        : request_no_segment(request);
    if (!network_is_elsewhere(&query->network, &pid))
        return 0;
    return request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                          "net: no socket of these entries is in the network namespace of "
                          "\"connstat serve\": let it run in theirs (nsenter --target %d --net)",
                          pid);
}

static unsigned take_type(struct request *request, const char *value, struct entry_query *query)
{
    if (query->type_count == CONNSTAT_MAX_TYPES)
        return request_refuse(request, MHD_HTTP_BAD_REQUEST, "at most %d types",
                              CONNSTAT_MAX_TYPES);
    query->types[query->type_count++] = value;
    return 0;
}

static unsigned take_search(struct request *request, const char *value, struct entry_query *query)
{
    (void)request;
    query->search = value;
    return 0;
}

static unsigned take_group_by(struct request *request, const char *value, struct entry_query *query)
{
    query->group_by = value;
    if (*value)
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST, "group_by takes the name of a field");
}

static unsigned take_key(struct request *request, const char *value, struct entry_query *query)
{
    query->selection.has_key = true;
    if (key_parse(value, &query->selection.key) == 0)
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                          "key takes a number, a UUID, ip:ADDRESS or up to 16 bytes of text, not "
                          "\"%.100s\"",
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
    if (when_seconds(value, &query->selection.older_seconds))
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                          "older takes a time as in 90s, 10m or 1h30m, not \"%.100s\"", value);
}

static unsigned take_idle(struct request *request, const char *value, struct entry_query *query)
{
    if (when_seconds(value, &query->selection.idle_seconds))
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                          "idle takes a time as in 90s, 10m or 1h30m, not \"%.100s\"", value);
}

static unsigned take_order(struct request *request, const char *value, struct entry_query *query)
{
    query->has_order = true;
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
        {"type", take_type},     {"where", take_where},       {"key", take_key},
        {"worker", take_worker}, {"older", take_older},       {"order", take_order},
        {"search", take_search}, {"group_by", take_group_by}, {"limit", take_limit},
        {"after", take_after},   {"idle", take_idle},         {"net", take_net},
    };
    size_t i = 0;
    while (strcmp(name, parameters[i].name) != 0)
        i++;
    return parameters[i].take(request, value, arg);
}

/* Look up what the words of the query stand for in this segment. Returns 0, or the status of the
 * refusal. */
static unsigned bind_names(struct request *request, struct entry_query *query)
{
    const char *refused = NULL;
    for (size_t i = 0; i < query->type_count && !refused; i++) {
        int type = type_of_name(request->cs, query->types[i]);
        if (type < 0)
            refused = query->types[i];
        else
            query->selection.types |= UINT64_C(1) << type;
    }
    const struct condition *condition = select_bind(&query->selection, request->cs);
    if (condition)
        refused = condition->operand.text;
    if (!refused)
        return 0;
    return request_refuse(request, MHD_HTTP_BAD_REQUEST, "the segment has no type \"%.100s\"",
                          refused);
}

static unsigned answer(struct request *request, struct entry_query *query)
{
    unsigned status = parameters_read(request, take, query);
    if (status || (status = read_wheres(request, query)))
        return status;
    if (query->group_by && (query->has_order || query->has_after))
        return request_refuse(request, MHD_HTTP_BAD_REQUEST,
                              "order and after are of entries: with group_by the largest group is "
                              "first, and there is one page");
    if (!request->cs)
        return request_no_segment(request);
    if ((status = bind_names(request, query)))
        return status;
    if (!turns_begin(&request->service->turns))
        return request_refuse(request, MHD_HTTP_SERVICE_UNAVAILABLE,
                              "%d searches wait already: try again", TURNS_WAITING);
    status = query->asks_network ? ask_network(request, query) : 0;
    if (status == 0)
        status = query->group_by ? entries_write_groups(request, query)
                                 : entries_write_page(request, query);
    turns_end(&request->service->turns);
    return status;
}

unsigned api_entries(struct request *request)
{
    struct entry_query query = {.limit = 50};
    unsigned status = answer(request, &query);
    select_free(&query.selection);
    network_free(&query.network);
    return status;
}
