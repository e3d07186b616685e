/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat list --group-by. It needs memory for each different value.
 */
#include <ctype.h>
#include <stdlib.h>

#include "common/failure.h"
#include "common/output.h"
#include "format/sheet.h"
#include "query/grouping.h"
#include "show/listing.h"

/* The heading is the field's name, which came from the command line. */
static char *make_title(const char *name)
{
    struct buffer title = {0};
    buffer_safe(&title, name + (*name == '.'));
    for (char *c = title.bytes; c && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return title.bytes;
}

static void print_groups(const struct listing *listing, const struct grouping *grouping,
                         struct group *const *ranked)
{
    enum value_kind kind = grouping_value_kind(grouping);
    char *title = make_title(listing->group_by);
    struct column columns[] = {
        {"value", title ? title : "VALUE", kind},
        {"count", "COUNT", VALUE_COUNT},
    };
    struct sheet sheet;
    struct sheet_about about = {.rows = "groups",
                                .segment = segment_name(listing->context->segment),
                                .empty = "no such entries"};
    sheet_start(&sheet, listing->context, columns, COLUMN_COUNT(columns), &about);
    if (listing->context->format == FORMAT_JSON) {
        jsonw_text(&sheet.json, "group_by", listing->group_by);
        jsonw_unsigned(&sheet.json, "entry_count", grouping->entry_count);
        jsonw_unsigned(&sheet.json, "group_count", grouping->group_count);
    }
    for (size_t i = 0; i < grouping->group_count && i < listing->limit && !output_failed(); i++) {
        sheet_row(&sheet,
                  (struct value[]){group_value(grouping, ranked[i]), {.count = ranked[i]->count}});
    }
    sheet_end(&sheet);
    free(title);
}

int list_groups(struct listing *listing)
{
    struct grouping grouping = {
        .cs = listing->cs,
        .field = field_find(listing->group_by, listing->selecting.selection.source),
        .max_groups = SIZE_MAX};
    struct group **ranked = NULL;
    int64_t visited =
        select_for_each(listing->cs, &listing->selecting.selection, grouping_count, &grouping);
    int status = visit_status(listing->context->segment, visited);
    if (grouping.error != 0 || !(ranked = grouping_rank(&grouping)))
        status = failure("out of memory: narrow the list down with --type or --where");
    else if (grouping_found_nothing(&grouping))
        status = usage_error(listing->context, "--group-by: no such entry has a field \"%s\"%s",
                             listing->group_by,
                             net_field_advice(listing->group_by, listing->asking.asks_network));
    else if (status == STATUS_OK)
        print_groups(listing, &grouping, ranked);
    free(ranked);
    grouping_free(&grouping);
    return status;
}
