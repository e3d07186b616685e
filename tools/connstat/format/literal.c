/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "format/literal.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "format/names.h"

char *field_number(const struct connstat_field *field, char buf[FIELD_NUMBER_BYTES])
{
    switch (field->type) {
    case CONNSTAT_INT:
        text_signed(field->value.integer, buf);
        break;
    case CONNSTAT_FLOAT:
        text_shortest(field->value.real, buf, FIELD_NUMBER_BYTES);
        break;
    default:
        strcpy(buf, field->value.boolean ? "true" : "false");
    }
    return buf;
}

bool literal_looks_otherwise(const char *text)
{
    static const char *const words[] = {"-", "true", "false", "NaN", "Infinity", "-Infinity"};
    double real;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return text_real(text, &real) || (*text && text[strspn(text, "+-0123456789")] == '\0');
}

static void print_quoted(struct buffer *buffer, const char *text)
{
    struct buffer safe = {0};
    buffer_safe(&safe, text);
    buffer_text(buffer, "\"");
    for (const char *c = safe.bytes; c && *c; c++) {
        if (*c == '"')
            buffer_text(buffer, "\\");
        buffer_add(buffer, c, 1);
    }
    buffer_text(buffer, "\"");
    buffer_free(&safe);
}

/* Whether the character has a meaning of its own in conditions. */
static bool is_special(const char *text)
{
    return *text == '\0' || *text == '~' || strpbrk(text, " =\"<>|()") || strstr(text, "&&");
}

void literal_print_word(struct buffer *buffer, const char *text)
{
    if (is_special(text))
        print_quoted(buffer, text);
    else
        buffer_safe(buffer, text);
}

void literal_print_text(struct buffer *buffer, const char *text)
{
    if (literal_looks_otherwise(text))
        print_quoted(buffer, text);
    else
        literal_print_word(buffer, text);
}

bool literal_is_socket(const char *name)
{
    return name && strcmp(name, "socket") == 0;
}

void literal_print_name(struct buffer *buffer, const char *name)
{
    struct buffer dotted = {0};
    if (*name == '.' || name_is_of_entry(name)) {
        buffer_text(&dotted, ".");
        buffer_text(&dotted, name);
        name = dotted.bytes ? dotted.bytes : name;
    }
    if (is_special(name) || strpbrk(name, "!~*^&\\") || text_has_unsafe(name))
        print_quoted(buffer, name);
    else
        buffer_text(buffer, name);
    buffer_free(&dotted);
}
