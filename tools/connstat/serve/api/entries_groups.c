/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <errno.h>
#include <stdlib.h>

#include "format/json.h"
#include "query/grouping.h"
#include "serve/api/entries.h"

static void write_groups(struct request *request, const struct entry_query *query,
                         const struct grouping *grouping, struct group *const *ranked)
{
    struct jsonw json = request_document(request);
    jsonw_text(&json, "group_by", query->group_by);
    jsonw_unsigned(&json, "entry_count", grouping->entry_count);
    jsonw_unsigned(&json, "group_count", grouping->group_count);
    jsonw_open(&json, "groups", '[');
    for (size_t i = 0; i < grouping->group_count && i < query->limit; i++) {
        jsonw_open(&json, NULL, '{');
        struct value value = group_value(grouping, ranked[i]);
        value_json(&json, "value", grouping_value_kind(grouping), &value);
        jsonw_unsigned(&json, "count", ranked[i]->count);
        jsonw_close(&json);
    }
    jsonw_close(&json);
    entry_query_remarks(&json, query);
    jsonw_close(&json);
}

static unsigned refuse_grouping(struct request *request, int error)
{
    if (error == -E2BIG)
        return request_refuse(request, MHD_HTTP_CONTENT_TOO_LARGE,
                              "more than %d different values: narrow the list down with type or "
                              "where, or use \"connstat list --group-by\"",
                              ENTRIES_MAX_GROUPS);
    return request_refuse(request, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
}

unsigned entries_write_groups(struct request *request, struct entry_query *query)
{
    struct grouping grouping = {.cs = request->cs,
                                .field = field_find(query->group_by, query->selection.source),
                                .max_groups = ENTRIES_MAX_GROUPS};
    unsigned status = MHD_HTTP_OK;
    struct group **ranked = NULL;
    if (entry_query_for_each(request, query, grouping_count, &grouping) < 0)
        status = request_no_segment(request);
    else if (grouping.error == 0 && !(ranked = grouping_rank(&grouping)))
        grouping.error = -ENOMEM;
    if (grouping.error != 0)
        status = refuse_grouping(request, grouping.error);
    else if (grouping_found_nothing(&grouping))
        status = request_refuse(request, MHD_HTTP_BAD_REQUEST,
                                "group_by: no such entry has a field \"%.100s\"", query->group_by);
    else if (ranked)
        write_groups(request, query, &grouping, ranked);
    free(ranked);
    grouping_free(&grouping);
    return status;
}
