/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "top/model/search.h"

#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "format/key.h"
#include "format/metadata.h"

static bool has_word(const char *words, const char *wanted)
{
    size_t length = strlen(wanted);
    while (*words) {
        size_t word = strcspn(words, " ");
        if (word == length && strncasecmp(words, wanted, length) == 0)
            return true;
        words += word + (words[word] == ' ');
    }
    return length == 0;
}

bool top_search_words(const char *words, const char *filter)
{
    return *filter == '=' ? has_word(words, filter + 1) : strcasestr(words, filter) != NULL;
}

static bool is_field(const struct connstat_field *field, const char *wanted, struct buffer *scratch)
{
    buffer_clear(scratch);
    metadata_print(scratch, field, 1);
    if (!scratch->bytes)
        return false;
    if (strcasecmp(scratch->bytes, wanted) == 0)
        return true;
    if (field->type == CONNSTAT_TEXT)
        return strcasecmp(field->value.text, wanted) == 0;
    buffer_clear(scratch);
    field_print(scratch, field);
    return scratch->bytes && strcasecmp(scratch->bytes, wanted) == 0;
}

static bool is_exactly(const struct connstat_entry *entry, const char *wanted,
                       struct buffer *scratch)
{
    char number[TEXT_NUMBER_BYTES], key[KEY_BYTES];
    if (strcmp(text_decimal(entry->id, number), wanted) == 0 ||
        strcmp(text_decimal((uint64_t)entry->pid, number), wanted) == 0 ||
        (entry->key && strcasecmp(key_print(entry->key, key), wanted) == 0))
        return true;
    for (size_t i = 0; i < entry->metadata_count; i++) {
        if (is_field(&entry->metadata[i], wanted, scratch))
            return true;
    }
    return false;
}

bool top_search_entry(const struct connstat_entry *entry, const char *filter,
                      struct buffer *scratch)
{
    char key[KEY_BYTES];
    if (*filter == '=')
        return filter[1] == '\0' || is_exactly(entry, filter + 1, scratch);
    buffer_clear(scratch);
    if (entry->key)
        buffer_format(scratch, "%s ", key_print(entry->key, key));
    metadata_print(scratch, entry->metadata, entry->metadata_count);
    return scratch->bytes && strcasestr(scratch->bytes, filter);
}
