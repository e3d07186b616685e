/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/grouping.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "format/metadata.h"
#include "query/field.h"

static int compare_values(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    return field_compare(x->has_field ? &x->field : NULL, y->has_field ? &y->field : NULL);
}

/* Tree nodes point to the key looked up by while it is looked up, and to a copy afterwards. */
static struct group *copy_group(const struct group *like)
{
    bool text = like->has_field && like->field.type == CONNSTAT_TEXT;
    size_t size = text ? strlen(like->field.value.text) + 1 : 0;
    struct group *group = malloc(sizeof(*group) + size);
    if (!group)
        return NULL;
    *group = *like;
    group->field.name = NULL; /* it belongs to the visit */
    if (text)
        group->field.value.text = memcpy(group->text, like->field.value.text, size);
    return group;
}

static int add_group(struct grouping *grouping, const struct group *like, struct group **added)
{
    if (grouping->group_count == grouping->max_groups)
        return -E2BIG;
    struct group *group = copy_group(like);
    if (!group || !tsearch(group, &grouping->tree, compare_values)) {
        free(group);
        return -ENOMEM;
    }
    grouping->group_count++;
    *added = group;
    return 0;
}

static int add(struct grouping *grouping, const struct connstat_field *field)
{
    struct group like = {.has_field = field != NULL};
    if (field)
        like.field = *field;
    struct group **node = tfind(&like, &grouping->tree, compare_values);
    struct group *group = node ? *node : NULL;
    int error = group ? 0 : add_group(grouping, &like, &group);
    if (error != 0)
        return error;
    group->count++;
    grouping->entry_count++;
    return 0;
}

int grouping_count(const struct connstat_entry *entry, void *arg)
{
    struct grouping *grouping = arg;
    struct entry_field storage;
    grouping->error =
        add(grouping, entry_field_find(grouping->cs, entry, grouping->field_name, &storage));
    return grouping->error != 0;
}

struct ranking {
    struct group **groups;
    size_t count;
};

static void collect(const void *node, VISIT visit, void *arg)
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

struct group **grouping_rank(const struct grouping *grouping)
{
    struct ranking ranking = {
        .groups = reallocarray(NULL, grouping->group_count + 1, sizeof(*ranking.groups))};
    if (!ranking.groups)
        return NULL;
    twalk_r(grouping->tree, collect, &ranking);
    qsort(ranking.groups, ranking.count, sizeof(*ranking.groups), compare_counts);
    return ranking.groups;
}

void grouping_free(struct grouping *grouping)
{
    tdestroy(grouping->tree, free);
    grouping->tree = NULL;
}
