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

/* Which of entry_columns a name means; -1: it is a field of the metadata. */
static int find_source(const char *name)
{
    static const char *const names[] = {
        [FIELD_ID] = "id",   [FIELD_TYPE] = "type",          [FIELD_PID] = "pid",
        [FIELD_KEY] = "key", [FIELD_STARTED] = "started_at", [FIELD_AGE] = "age_s"};
    struct field_ref field = field_find(name);
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
    int source = find_source(word);
    const char *name = source >= 0 ? entry_columns[source].name : field_find(word).name;
    size_t at = columns->count;
    if (*word == '\0' || at == COLUMNS_MAX || has(columns, name))
        return false;
    if (source < 0 && !(columns->titles[at] = make_title(name)))
        return false;
    struct column field = {name, columns->titles[at], VALUE_FIELD};
    columns->columns[at] = source >= 0 ? entry_columns[source] : field;
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

void columns_complete(struct columns *columns)
{
    if (columns->count > 0)
        return;
    for (int i = 0; i < ENTRY_COLUMNS; i++) {
        columns->columns[i] = entry_columns[i];
        columns->sources[i] = i;
    }
    columns->count = ENTRY_COLUMNS;
}

const struct value *columns_values(const struct columns *columns, connstat_t *cs,
                                   const struct connstat_entry *entry, struct entry_row *row,
                                   struct value values[COLUMNS_MAX])
{
    const struct value *all = entry_values(cs, entry, row);
    for (size_t i = 0; i < columns->count; i++) {
        const struct connstat_field *field = NULL;
        if (columns->sources[i] >= 0) {
            values[i] = all[columns->sources[i]];
            continue;
        }
        field = metadata_find(entry->metadata, entry->metadata_count, columns->columns[i].name);
        values[i] = (struct value){.field = field, .none = !field};
    }
    return values;
}
