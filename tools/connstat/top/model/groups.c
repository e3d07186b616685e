/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "format/metadata.h"

struct taking {
    struct top_fields *fields;
    connstat_t *cs;
    const struct top_scope *scope;
};

static struct top_field *find_field(struct top_fields *fields, struct field_ref ref)
{
    for (int i = 0; i < fields->count; i++) {
        struct top_field *field = &fields->rows[i];
        if (field->kind == ref.kind && strcmp(field->name, ref.name) == 0)
            return field;
    }
    return NULL;
}

static struct top_field *add_field(struct top_fields *fields, struct field_ref ref,
                                   const struct connstat_field *value)
{
    if (fields->count == TOP_MAX_FIELDS) {
        fields->cut = true;
        return NULL;
    }
    struct buffer example = {0};
    struct connstat_field named = *value; /* an entry's own field has no name in the value */
    named.name = ref.name;
    bool bare = ref.kind == FIELD_KEY || ref.kind == FIELD_TYPE;
    if (bare)
        buffer_safe(&example, value->value.text);
    else
        field_print(&example, &named);
    char *name = strdup(ref.name);
    if (!name || !example.bytes) {
        free(name);
        buffer_free(&example);
        return NULL;
    }
    struct top_field *field = &fields->rows[fields->count++];
    *field = (struct top_field){ref.kind, name, example.bytes, 0, 0};
    return field;
}

static void count_field(struct taking *taking, struct field_ref ref,
                        const struct connstat_field *value)
{
    struct top_fields *fields = taking->fields;
    if (!value || top_scope_fixes(taking->scope, ref))
        return;
    struct top_field *field = find_field(fields, ref);
    if (!field)
        field = add_field(fields, ref, value);
    if (!field || field->last == fields->total)
        return;
    field->last = fields->total;
    field->count++;
}

static int take(const struct connstat_entry *entry, void *arg)
{
    static const struct field_ref own[] = {
        {FIELD_TYPE, "type"}, {FIELD_PID, "worker"}, {FIELD_KEY, "key"}};
    struct taking *taking = arg;
    struct entry_field storage;
    taking->fields->total++;
    for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
        count_field(taking, own[i], field_to_show(taking->cs, entry, own[i], &storage));
    for (size_t i = 0; i < entry->metadata_count; i++) {
        const struct connstat_field *field = &entry->metadata[i];
        count_field(taking, (struct field_ref){FIELD_METADATA, field->name}, field);
    }
    return 0;
}

void top_fields_take(struct top_fields *fields, connstat_t *cs, const struct top_scope *scope)
{
    struct taking taking = {fields, cs, scope};
    top_fields_free(fields);
    top_scope_for_each(scope, cs, true, take, &taking);
}

void top_fields_free(struct top_fields *fields)
{
    for (int i = 0; i < fields->count; i++) {
        free(fields->rows[i].name);
        free(fields->rows[i].example);
    }
    *fields = (struct top_fields){0};
}

void top_groups_take(struct top_groups *groups, connstat_t *cs, const struct top_scope *scope,
                     struct field_ref field)
{
    top_groups_free(groups);
    groups->grouping = (struct grouping){.cs = cs, .field = field, .max_groups = TOP_MAX_GROUPS};
    int64_t visited = top_scope_for_each(scope, cs, field.kind == FIELD_METADATA, grouping_count,
                                         &groups->grouping);
    groups->error = visited < 0 ? (int)visited : groups->grouping.error;
    groups->ranked = grouping_rank(&groups->grouping);
    groups->count = groups->ranked ? (int)groups->grouping.group_count : 0;
    if (!groups->ranked)
        groups->error = -ENOMEM;
}

void top_groups_free(struct top_groups *groups)
{
    free(groups->ranked);
    grouping_free(&groups->grouping);
    *groups = (struct top_groups){0};
}
