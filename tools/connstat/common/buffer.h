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
    char *bytes; /* ends with NUL once anything was added, even nothing */
    size_t length, capacity;
    bool failed; /* out of memory: what was added since is missing */
};

void buffer_add(struct buffer *buffer, const char *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What a terminal may show of text: unsafe characters (text_is_unsafe) and bytes that are no
 * UTF-8 become \n, \r, \t, \e, \u{202e} or \xff, and a backslash becomes two. */
void buffer_safe(struct buffer *buffer, const char *text);

void buffer_clear(struct buffer *buffer); /* keeps the memory */
void buffer_free(struct buffer *buffer);

#endif
