/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "show/columns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/failure.h"
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

/* Whether a row has a member of its own that is called so. */
static bool is_taken(const struct columns *columns, const char *name)
{
    int source = find_source(columns, name);
    return strcmp(name, "schema") == 0 || strcmp(name, "not_finite") == 0 ||
           (source >= 0 && columns->asked >> source & 1);
}

/* A field of the metadata. Where a row has a member of that name, a dot stands before the field's,
 * as in conditions: no object has two members of one name. */
static bool add_field(struct columns *columns, size_t at, const char *field)
{
    struct buffer name = {0};
    buffer_text(&name, is_taken(columns, field) ? "." : "");
    buffer_text(&name, field);
    columns->names[at] = name.bytes;
    columns->titles[at] = name.bytes ? make_title(name.bytes) : NULL;
    columns->fields[at] = field;
    columns->columns[at] = (struct column){name.bytes, columns->titles[at], VALUE_FIELD_COLUMN};
    return columns->titles[at] && !has(columns, name.bytes);
}

static bool add(struct columns *columns, const char *word)
{
    int source = find_source(columns, word);
    size_t at = columns->count;
    if (*word == '\0' || at == COLUMNS_MAX)
        return false;
    if (source < 0 ? !add_field(columns, at, field_find(word, NULL).name)
                   : has(columns, column_of(source)->name))
        return false;
    if (source >= 0)
        columns->columns[at] = *column_of(source);
    columns->columns[at].wide = false;
    columns->sources[at] = source;
    columns->count++;
    return true;
}

/* Remember which columns that are no fields of the metadata are asked for. */
static bool look_ahead(struct columns *columns, const char *text)
{
    char *words = strdup(text), *rest = words;
    for (char *word; rest && (word = strsep(&rest, ","));) {
        int source = find_source(columns, word);
        columns->asked |= source >= 0 ? UINT64_C(1) << source : 0;
    }
    free(words);
    return words != NULL;
}

bool columns_read(struct columns *columns, const char *text)
{
    char *rest = columns->words = strdup(text);
    if (!look_ahead(columns, text))
        return false;
    for (char *word; rest && (word = strsep(&rest, ","));) {
        if (!add(columns, word))
            return false;
    }
    return columns->words != NULL;
}

void columns_free(struct columns *columns)
{
    for (size_t i = 0; i < COLUMNS_MAX; i++) {
        free(columns->titles[i]);
        free(columns->names[i]);
    }
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

static struct value value_of(struct columns *columns, size_t at, const struct connstat_entry *entry,
                             const struct columns_row *row)
{
    int source = columns->sources[at];
    if (source >= SOURCE_NET)
        return source == SOURCE_NET_OBJECT ? net_object(&row->net)
                                           : row->net.values[source - SOURCE_NET];
    if (source >= 0)
        return row->entry.values[source];
    const struct connstat_field *field =
        metadata_find(entry->metadata, entry->metadata_count, columns->fields[at]);
    columns->were_found[at] |= field != NULL;
    return (struct value){.field = field, .none = !field};
}

const struct value *columns_values(struct columns *columns, connstat_t *cs,
                                   const struct connstat_entry *entry, struct columns_row *row)
{
    entry_values(cs, entry, &row->entry);
    if (columns->network)
        net_row(columns->network, entry, &row->net);
    for (size_t i = 0; i < columns->count; i++)
        row->values[i] = value_of(columns, i, entry, row);
    return row->values;
}

void columns_remarks(const struct columns *columns, uint64_t row_count)
{
    struct buffer name = {0};
    for (size_t i = 0; i < columns->count && row_count > 0; i++) {
        if (!columns->fields[i] || columns->were_found[i])
            continue;
        buffer_clear(&name);
        buffer_safe(&name, columns->fields[i]);
        failure("no entry of this list has a field \"%s\"", name.bytes ? name.bytes : "");
    }
    buffer_free(&name);
}
