/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "show/columns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "format/metadata.h"
#include "query/field.h"

enum { SOURCE_NET = ENTRY_COLUMNS, SOURCE_NET_OBJECT = SOURCE_NET + NET_COLUMNS };

static const struct column *column_of(int source)
{
    if (source < SOURCE_NET)
        return &entry_columns[source];
    return source < SOURCE_NET_OBJECT ? &net_columns[source - SOURCE_NET] : &net_object_column;
}

/* Which column a name means, of those that are no field of the metadata; else -1. */
static int find_source(const struct columns *columns, const char *name)
{
    static const char *const names[] = {
        [FIELD_ID] = "id",      [FIELD_TYPE] = "type",          [FIELD_PID] = "pid",
        [FIELD_KEY] = "key",    [FIELD_STARTED] = "started_at", [FIELD_AGE] = "age_s",
        [FIELD_IDLE] = "idle_s"};
    struct net_source net = net_source(columns->network);
    struct field_ref field = field_find(name, columns->network ? &net.source : NULL);
    if (field.kind == FIELD_OF_SOURCE)
        return SOURCE_NET + field.number;
    if (columns->network && strcmp(name, net_object_column.name) == 0)
        return SOURCE_NET_OBJECT;
    const char *column = field.kind == FIELD_METADATA ? name : names[field.kind];
    for (int i = 0; i < ENTRY_COLUMNS; i++) {
        if (strcmp(entry_columns[i].name, column) == 0)
            return i;
    }
    return -1;
}

static char *make_title(const char *name)
{
    struct buffer title = {0};
    buffer_safe(&title, name);
    for (char *c = title.bytes; c && *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return title.bytes;
}

static bool has(const struct columns *columns, const char *name)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (strcmp(columns->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool add(struct columns *columns, const char *word)
{
    int source = find_source(columns, word);
    const char *name = source >= 0 ? column_of(source)->name : field_find(word, NULL).name;
    size_t at = columns->count;
    if (*word == '\0' || at == COLUMNS_MAX || has(columns, name))
        return false;
    if (source < 0 && !(columns->titles[at] = make_title(name)))
        return false;
    struct column field = {name, columns->titles[at], VALUE_FIELD};
    columns->columns[at] = source >= 0 ? *column_of(source) : field;
    columns->columns[at].wide = false;
    columns->sources[at] = source;
    columns->count++;
    return true;
}

bool columns_read(struct columns *columns, const char *text)
{
    char *rest = columns->words = strdup(text);
    for (char *word; rest && (word = strsep(&rest, ","));) {
        if (!add(columns, word))
            return false;
    }
    return columns->words != NULL;
}

void columns_free(struct columns *columns)
{
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        free(columns->titles[i]);
    free(columns->words);
}

static void add_sources(struct columns *columns, int from, int to)
{
    for (int source = from; source < to; source++) {
        columns->columns[columns->count] = *column_of(source);
        columns->sources[columns->count++] = source;
    }
}

void columns_complete(struct columns *columns, enum format format)
{
    bool has_objects = format == FORMAT_JSON || format == FORMAT_JSONL;
    if (columns->count > 0)
        return;
    add_sources(columns, 0, ENTRY_COLUMNS);
    if (columns->network && has_objects)
        add_sources(columns, SOURCE_NET_OBJECT, SOURCE_NET_OBJECT + 1);
    else if (columns->network)
        add_sources(columns, SOURCE_NET, SOURCE_NET_OBJECT);
}

static struct value value_of(const struct columns *columns, size_t at,
                             const struct connstat_entry *entry, const struct columns_row *row)
{
    int source = columns->sources[at];
    if (source >= SOURCE_NET)
        return source == SOURCE_NET_OBJECT ? net_object(&row->net)
                                           : row->net.values[source - SOURCE_NET];
    if (source >= 0)
        return row->entry.values[source];
    const struct connstat_field *field =
        metadata_find(entry->metadata, entry->metadata_count, columns->columns[at].name);
    return (struct value){.field = field, .none = !field};
}

const struct value *columns_values(const struct columns *columns, connstat_t *cs,
                                   const struct connstat_entry *entry, struct columns_row *row)
{
    entry_values(cs, entry, &row->entry);
    if (columns->network)
        net_row(columns->network, entry, &row->net);
    for (size_t i = 0; i < columns->count; i++)
        row->values[i] = value_of(columns, i, entry, row);
    return row->values;
}
