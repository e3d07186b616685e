/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "query/search.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "format/key.h"
#include "format/literal.h"

void search_start(struct search *search, connstat_t *cs, const char *text)
{
    unsigned char first = (unsigned char)*text;
    *search = (struct search){.text = text,
                              .length = strlen(text),
                              .first = {(char)tolower(first), (char)toupper(first)},
                              .may_be_number = !text[strspn(text, "0123456789+-.eINafinty")],
                              .is_true = strcmp(text, "true") == 0,
                              .is_false = strcmp(text, "false") == 0};
    search->has_id = text_number(text, &search->id);
    for (int type = 0; type < connstat_type_count(cs); type++) {
        if (strstr(connstat_type_name(cs, type), text))
            search->types |= UINT64_C(1) << type;
    }
}

/* Faster than strcasestr, which asks the locale about each character. */
static bool text_contains(const struct search *search, const char *text)
{
    for (; (text = strpbrk(text, search->first)); text++) {
        if (strncasecmp(text, search->text, search->length) == 0)
            return true;
    }
    return false;
}

static bool field_contains(const struct search *search, const struct connstat_field *field)
{
    char number[FIELD_NUMBER_BYTES];
    switch (field->type) {
    case CONNSTAT_TEXT:
        return text_contains(search, field->value.text);
    case CONNSTAT_BOOL:
        return field->value.boolean ? search->is_true : search->is_false;
    default:
        return search->may_be_number && strstr(field_number(field, number), search->text);
    }
}

bool search_finds(const struct search *search, const struct connstat_entry *entry)
{
    char key[KEY_BYTES];
    if (search->types >> entry->type & 1)
        return true;
    if (search->has_id && (search->id == entry->id || search->id == (uint64_t)entry->pid))
        return true;
    for (size_t i = 0; i < entry->metadata_count; i++) {
        if (field_contains(search, &entry->metadata[i]))
            return true;
    }
    return entry->key && text_contains(search, key_print(entry->key, key));
}
