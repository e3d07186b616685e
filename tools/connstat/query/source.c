/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/source.h"

#include <string.h>

int source_find(const struct field_source *source, const char *name)
{
    for (int i = 0; source && i < source->field_count; i++) {
        const struct source_field *field = &source->fields[i];
        if (strcmp(name, field->name) == 0 ||
            (field->short_name && strcmp(name, field->short_name) == 0))
            return i;
    }
    return -1;
}

const char *source_name(const struct field_source *source, int number, const char *typed)
{
    const struct source_field *field = &source->fields[number];
    return strcmp(typed, field->name) == 0 ? field->name : field->short_name;
}
