/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A growing string.
 */
#ifndef TOOLS_BUFFER_H
#define TOOLS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {  /* starts as {0} */
    char *bytes; /* NULL at first; ends with a NUL once anything was added, even nothing */
    size_t length, capacity;
    bool failed; /* there was no memory: what was added since is missing */
};

void buffer_add(struct buffer *buffer, const char *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Add text so that a terminal shows it and does not obey it: unsafe characters (text_is_unsafe) and
 * bytes that are no UTF-8 become \n, \r, \t, \e, \u{202e} or \xff, and a backslash becomes two. */
void buffer_safe(struct buffer *buffer, const char *text);

void buffer_clear(struct buffer *buffer); /* empties it, but keeps its memory for the next text */
void buffer_free(struct buffer *buffer);

#endif
