/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/grouping.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format/metadata.h"

static int compare_values(const struct group *x, const struct group *y)
{
    return field_compare(x->has_field ? &x->field : NULL, y->has_field ? &y->field : NULL);
}

static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

/* Numbers that are equal have the same hash: whole ones are hashed as integers, whichever type they
 * have. */
static uint64_t hash_real(double real)
{
    uint64_t bits = 1;
    if (real >= -0x1p63 && real < 0x1p63 && real == trunc(real))
        return mix((uint64_t)(int64_t)real);
    if (!isnan(real))
        memcpy(&bits, &real, sizeof(bits));
    return mix(bits);
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
    return mix(hash);
}

static uint64_t hash_value(const struct connstat_field *field)
{
    if (!field)
        return 0;
    switch (field->type) {
    case CONNSTAT_TEXT:
        return hash_text(field->value.text);
    case CONNSTAT_INT:
        return mix((uint64_t)field->value.integer);
    case CONNSTAT_FLOAT:
        return hash_real(field->value.real);
    default:
        return field->value.boolean ? 3 : 2;
    }
}

/* The place in the table where the group of that value is, or would be put. There is always a free
 * place. */
static struct group **find_place(const struct grouping *grouping, const struct group *like)
{
    size_t mask = grouping->table_size - 1, at = like->hash & mask;
    while (grouping->table[at] && (grouping->table[at]->hash != like->hash ||
                                   compare_values(grouping->table[at], like) != 0))
        at = (at + 1) & mask;
    return &grouping->table[at];
}

static int grow(struct grouping *grouping)
{
    struct grouping grown = *grouping;
    if (grouping->group_count < grouping->table_size / 2)
        return 0;
    grown.table_size = grouping->table_size ? 2 * grouping->table_size : 1024;
    grown.table = calloc(grown.table_size, sizeof(*grown.table));
    if (!grown.table)
        return -ENOMEM;
    for (size_t i = 0; i < grouping->table_size; i++) {
        if (grouping->table[i])
            *find_place(&grown, grouping->table[i]) = grouping->table[i];
    }
    free(grouping->table);
    *grouping = grown;
    return 0;
}

static struct group *copy_group(const struct group *like)
{
    bool text = like->has_field && like->field.type == CONNSTAT_TEXT;
    size_t size = text ? strlen(like->field.value.text) + 1 : 0;
    struct group *group = malloc(sizeof(*group) + size);
    if (!group)
        return NULL;
    *group = *like;
    group->field.name = NULL; /* the name is valid during the visit only */
    if (text)
        group->field.value.text = memcpy(group->text, like->field.value.text, size);
    return group;
}

static int add(struct grouping *grouping, const struct connstat_field *field)
{
    struct group like = {.has_field = field != NULL, .hash = hash_value(field)};
    int error = grow(grouping);
    if (error < 0)
        return error;
    if (field)
        like.field = *field;
    struct group **place = find_place(grouping, &like);
    if (!*place) {
        if (grouping->group_count == grouping->max_groups)
            return -E2BIG;
        if (!(*place = copy_group(&like)))
            return -ENOMEM;
        grouping->group_count++;
    }
    (*place)->count++;
    grouping->entry_count++;
    return 0;
}

int grouping_count(const struct connstat_entry *entry, void *arg)
{
    struct grouping *grouping = arg;
    struct entry_field storage;
    grouping->error = add(grouping, field_to_show(grouping->cs, entry, grouping->field, &storage));
    return grouping->error != 0;
}

bool grouping_found_nothing(const struct grouping *grouping)
{
    if (grouping->group_count != 1 || grouping->field.kind != FIELD_METADATA)
        return false;
    struct group without = {.has_field = false, .hash = hash_value(NULL)};
    return *find_place(grouping, &without) != NULL;
}

/* How the value is written: a key or a time is a word with a syntax of its own, not a text of the
 * metadata. */
enum value_kind grouping_value_kind(const struct grouping *grouping)
{
    enum field_kind kind = grouping->field.kind;
    bool is_word = kind == FIELD_KEY || kind == FIELD_TYPE || kind == FIELD_STARTED;
    return is_word ? VALUE_BARE : VALUE_FIELD;
}

struct value group_value(const struct grouping *grouping, const struct group *group)
{
    if (!group->has_field)
        return (struct value){.none = true};
    if (grouping_value_kind(grouping) == VALUE_BARE)
        return (struct value){.text = group->field.value.text};
    return (struct value){.field = &group->field};
}

struct ranked {
    uint64_t count;
    uint64_t place; /* never falls from one value to a greater one */
    struct group *group;
};

static uint64_t place_number(double number)
{
    uint64_t bits;
    if (isnan(number))
        return 0;
    memcpy(&bits, &number, sizeof(bits));
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static uint64_t place_text(const char *text)
{
    uint64_t place = 0;
    for (int i = 0; i < 8; i++) {
        place = place << 8 | (unsigned char)*text;
        text += *text != '\0';
    }
    return place;
}

/* A number that orders values as field_compare does, as far as their first bytes tell. Most values
 * differ there, and comparing these numbers needs no look at the groups, which lie anywhere in
 * memory. */
static uint64_t place_value(const struct group *group)
{
    if (!group->has_field)
        return UINT64_MAX;
    switch (group->field.type) {
    case CONNSTAT_TEXT:
        return UINT64_C(2) << 62 | place_text(group->field.value.text) >> 2;
    case CONNSTAT_INT:
        return UINT64_C(1) << 62 | place_number((double)group->field.value.integer) >> 2;
    case CONNSTAT_FLOAT:
        return UINT64_C(1) << 62 | place_number(group->field.value.real) >> 2;
    default:
        return group->field.value.boolean;
    }
}

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return compare_values(x->group, y->group);
}

struct group **grouping_rank(const struct grouping *grouping)
{
    size_t count = 0;
    struct ranked *ranked = reallocarray(NULL, grouping->group_count + 1, sizeof(*ranked));
    struct group **groups = reallocarray(NULL, grouping->group_count + 1, sizeof(*groups));
    for (size_t i = 0; ranked && groups && i < grouping->table_size; i++) {
        struct group *group = grouping->table[i];
        if (group)
            ranked[count++] = (struct ranked){group->count, place_value(group), group};
    }
    if (ranked && groups) {
        qsort(ranked, count, sizeof(*ranked), compare_ranked);
        for (size_t i = 0; i < count; i++)
            groups[i] = ranked[i].group;
    } else {
        free(groups);
        groups = NULL;
    }
    free(ranked);
    return groups;
}

void grouping_free(struct grouping *grouping)
{
    for (size_t i = 0; i < grouping->table_size; i++)
        free(grouping->table[i]);
    free(grouping->table);
    grouping->table = NULL;
    grouping->table_size = 0;
}
