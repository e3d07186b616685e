/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Values as conditions write them: what is printed like this and given to --where finds the same
 * value again, and no value of another type.
 */
#ifndef TOOLS_LITERAL_H
#define TOOLS_LITERAL_H

#include <connstat.h>

#include "common/buffer.h"

/* Write a number or truth value: 42, 0.1, NaN, Infinity, true. Returns buf. */
#define FIELD_NUMBER_BYTES 32
char *field_number(const struct connstat_field *field, char buf[FIELD_NUMBER_BYTES]);

/* Whether a text would be read as a number, as a truth value, or as "-", which means that there is
 * none. */
bool literal_looks_otherwise(const char *text);

/* Write a text, in quotes where a bare word would mean something else; safe for a terminal. */
void literal_print_text(struct buffer *buffer, const char *text);

/* The same for a text that is not of the metadata, such as a key: it may look like a number. */
void literal_print_word(struct buffer *buffer, const char *text);

/* Whether an integer of that name is a socket's cookie, which people read in hexadecimal digits, as
 * ss shows it (sk:1f). name may be NULL. */
bool literal_is_socket(const char *name);

/* Write the name of a field of the metadata; with a dot before it where an entry has a field of its
 * own of that name. */
void literal_print_name(struct buffer *buffer, const char *name);

#endif
