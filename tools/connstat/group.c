/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat list --group-by: needs memory for every different value.
 */
#include <ctype.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "list.h"
#include "metadata.h"
#include "output.h"
#include "segment.h"

struct group {
    bool has_field; /* false: those without it */
    struct connstat_field field;
    uint64_t count;
    char text[];
};

struct grouping {
    const struct listing *listing;
    void *tree; /* of struct group, by value */
    size_t group_count;
    uint64_t entry_count;
    bool failed; /* out of memory */
};

static int compare_values(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return field_compare(x->has_field ? &x->field : NULL, y->has_field ? &y->field : NULL);
}

static struct group *new_group(const struct group *like)
{
    bool text = like->has_field && like->field.type == CONNSTAT_TEXT;
    size_t size = text ? strlen(like->field.value.text) + 1 : 0;
    struct group *group = malloc(sizeof(*group) + size);
    if (!group)
        return NULL;
    *group = *like;
    if (text)
        group->field.value.text = memcpy(group->text, like->field.value.text, size);
    return group;
}

static struct group *find_or_add(struct grouping *grouping, const struct group *like)
{
    struct group **node = tfind(like, &grouping->tree, compare_values);
    if (node)
        return *node;
    struct group *group = new_group(like);
    if (!group)
        return NULL;
    if (!tsearch(group, &grouping->tree, compare_values)) {
        free(group);
        return NULL;
    }
    grouping->group_count++;
    return group;
}

static int count_entry(const struct connstat_entry *entry, void *arg)
{
    struct grouping *grouping = arg;
    struct entry_field storage;
    const struct connstat_field *field =
        list_field(grouping->listing->cs, entry, grouping->listing->group_by, &storage);
    struct group like = {.has_field = field != NULL};
    if (field)
        like.field = *field;
    struct group *group = find_or_add(grouping, &like);
    if (!group) {
        grouping->failed = true;
        return 1;
    }
    group->count++;
    grouping->entry_count++;
    return 0;
}

struct ranking {
    struct group **groups;
    size_t count;
};

static void rank(const void *node, VISIT visit, void *arg)
{
    struct ranking *ranking = arg;
    if (visit == postorder || visit == leaf)
        ranking->groups[ranking->count++] = *(struct group *const *)node;
}

static int compare_counts(const void *a, const void *b)
{
    const struct group *x = *(struct group *const *)a, *y = *(struct group *const *)b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return compare_values(x, y);
}

/* The heading is the field's name, which came from the command line. */
static char *make_title(const char *name)
{
    struct buffer title = {0};
    buffer_safe(&title, name + (*name == '.'));
    for (char *c = title.bytes; c && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return title.bytes;
}

static void print_ranking(const struct grouping *grouping, const struct ranking *ranking)
{
    const struct listing *listing = grouping->listing;
    char *title = make_title(listing->group_by);
    struct column columns[] = {
        {"value", title ? title : "VALUE", VALUE_FIELD},
        {"count", "COUNT", VALUE_COUNT},
    };
    struct sheet sheet;
    struct sheet_about about = {.rows = "groups",
                                .segment = segment_name(listing->context->segment),
                                .empty = "no such connections"};
    sheet_start(&sheet, listing->context, columns, COLUMN_COUNT(columns), &about);
    if (listing->context->format == FORMAT_JSON) {
        json_text(&sheet.json, "group_by", listing->group_by);
        json_unsigned(&sheet.json, "entry_count", grouping->entry_count);
        json_unsigned(&sheet.json, "group_count", grouping->group_count);
    }
    for (size_t i = 0; i < ranking->count && i < listing->limit && !output_failed(); i++) {
        const struct group *group = ranking->groups[i];
        sheet_row(&sheet, (struct value[]){{.field = &group->field, .none = !group->has_field},
                                           {.count = group->count}});
    }
    sheet_end(&sheet);
    free(title);
}

int list_groups(const struct listing *listing)
{
    struct grouping grouping = {.listing = listing};
    int64_t visited = select_for_each(listing->cs, &listing->selection, count_entry, &grouping);
    int status = list_status(listing, visited);
    struct ranking ranking = {
        .groups = reallocarray(NULL, grouping.group_count + 1, sizeof(*ranking.groups))};
    if (grouping.failed || !ranking.groups) {
        status = failure("out of memory: narrow the list down with --type or --where");
    } else if (status == STATUS_OK) {
        twalk_r(grouping.tree, rank, &ranking);
        qsort(ranking.groups, ranking.count, sizeof(*ranking.groups), compare_counts);
        print_ranking(&grouping, &ranking);
    }
    free(ranking.groups);
    tdestroy(grouping.tree, free);
    return status;
}
