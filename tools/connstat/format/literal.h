/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Values as a condition spells them: what is printed so and given to --where finds the same value
 * again, and none of another type.
 */
#ifndef TOOLS_LITERAL_H
#define TOOLS_LITERAL_H

#include <connstat.h>

#include "common/buffer.h"

/* A number or truth value: 42, 0.1, NaN, Infinity, true. Returns buf. */
#define FIELD_NUMBER_BYTES 32
char *field_number(const struct connstat_field *field, char buf[FIELD_NUMBER_BYTES]);

/* A text that reads as a number, a truth value, or as "-", which stands for nothing. */
bool literal_looks_otherwise(const char *text);

/* A text, in quotes where a bare word would mean something else; safe for a terminal. */
void literal_print_text(struct buffer *buffer, const char *text);

/* The same for a text that is no value of the metadata, as a key: it may look like a number. */
void literal_print_word(struct buffer *buffer, const char *text);

/* The name of a field of the metadata; with a dot before it where it is also an entry's own. */
void literal_print_name(struct buffer *buffer, const char *name);

#endif
