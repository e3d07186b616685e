/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Fields of metadata as text for people, as JSON for programs, and read from a command line.
 */
#ifndef TOOLS_METADATA_H
#define TOOLS_METADATA_H

#include <connstat.h>

#include "common/buffer.h"
#include "format/json.h"

/* For people, safe for a terminal: 42, true, 12.5, lobby, "two words". */
void field_print(struct buffer *buffer, const struct connstat_field *field);

/* user_id=42 page="/a b" */
void metadata_print(struct buffer *buffer, const struct connstat_field *fields, size_t count);

void field_json(struct jsonw *json, const char *name, const struct connstat_field *field);
void metadata_json(struct jsonw *json, const char *name, const struct connstat_field *fields,
                   size_t count);

const struct connstat_field *metadata_find(const struct connstat_field *fields, size_t count,
                                           const char *name);

/* "name=value" as a field: what reads as an integer (and would be written the same), as true or
 * false, or as a decimal fraction, is one; all else is text. Points into text, which is changed.
 * False: no name or no "=". */
bool field_parse(char *text, struct connstat_field *field);

/* An order over all values: booleans, numbers (NaN first), text; NULL, no such
 * field, last. */
int field_compare(const struct connstat_field *a, const struct connstat_field *b);

#endif
