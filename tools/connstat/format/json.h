/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A writer of JSON (RFC 8259) that keeps nothing but its place: any length in constant memory.
 * The stream may be a file or open_memstream's. (json_ is the prefix of the jansson library.)
 *
 *     struct jsonw json = jsonw_document(stdout);
 *     jsonw_text(&json, "segment", "game");
 *     jsonw_open(&json, "ids", '[');
 *     jsonw_text(&json, NULL, "17");
 *     jsonw_close(&json);
 *     jsonw_close(&json);
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSONW_MAX_DEPTH 16
#define JSONW_PENDING   1024

struct jsonw {
    FILE *stream;
    int depth;
    int line_depth; /* each value at this depth begins a new line; 0: no value does */
    char closers[JSONW_MAX_DEPTH];
    bool not_first[JSONW_MAX_DEPTH + 1];
    size_t pending_length; /* not in the stream yet; all is once the document is closed */
    char pending[JSONW_PENDING];
};

struct jsonw jsonw_start(FILE *stream);

/* The same, and begin the object that every document is: its first member is schema. */
struct jsonw jsonw_document(FILE *stream);
struct jsonw jsonw_document_of(FILE *stream, int schema);

/* name is the member's name in an object; NULL in an array and for the document itself. */
void jsonw_open(struct jsonw *json, const char *name, char bracket); /* '{' or '[' */
void jsonw_close(struct jsonw *json); /* closes what was opened last */

/* text NULL writes null. Characters that could drive a terminal are escaped; bytes that are no
 * UTF-8 become U+FFFD. */
void jsonw_text(struct jsonw *json, const char *name, const char *text);
void jsonw_unsigned(struct jsonw *json, const char *name, uint64_t number);
void jsonw_integer(struct jsonw *json, const char *name, int64_t number);
void jsonw_real(struct jsonw *json, const char *name, double number); /* not finite: null */
void jsonw_bool(struct jsonw *json, const char *name, bool value);

/* value is JSON already and is written as it is. */
void jsonw_raw(struct jsonw *json, const char *name, const char *value);

#endif
