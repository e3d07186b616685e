/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

static bool reserve(struct buffer *buffer, size_t length)
{
    size_t needed = buffer->length + length + 1;
    if (needed > buffer->capacity) {
        size_t capacity = buffer->capacity ? 2 * buffer->capacity : 64;
        if (capacity < needed)
            capacity = needed;
        char *bytes = realloc(buffer->bytes, capacity);
        if (!bytes) {
            buffer->failed = true;
            return false;
        }
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    return true;
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
    if (!reserve(buffer, length))
        return;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(buffer, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

static void add_escape(struct buffer *buffer, uint32_t code_point)
{
    switch (code_point) {
    case '\n':
        buffer_text(buffer, "\\n");
        break;
    case '\r':
        buffer_text(buffer, "\\r");
        break;
    case '\t':
        buffer_text(buffer, "\\t");
        break;
    case '\033':
        buffer_text(buffer, "\\e");
        break;
    default:
        buffer_format(buffer, "\\u{%x}", code_point);
    }
}

void buffer_safe(struct buffer *buffer, const char *text)
{
    const char *plain = text; /* the text from here on needs no escape and is copied at once */
    while (*text) {
        uint32_t code_point;
        int length = text_code_point(text, &code_point);
        if (length > 0 && code_point != '\\' && !text_is_unsafe(code_point)) {
            text += length;
            continue;
        }
        buffer_add(buffer, plain, (size_t)(text - plain));
        if (length < 0)
            buffer_format(buffer, "\\x%02x", (unsigned char)*text);
        else if (code_point == '\\')
            buffer_text(buffer, "\\\\");
        else
            add_escape(buffer, code_point);
        text += length > 0 ? length : 1;
        plain = text;
    }
    buffer_add(buffer, plain, (size_t)(text - plain));
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->bytes)
        buffer->bytes[0] = '\0';
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}
