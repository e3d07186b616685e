/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A writer of JSON (RFC 8259) that keeps nothing but its place: any length in constant memory.
 * The stream may be a file or open_memstream's.
 *
 *     struct json json = json_start(stdout);
 *     json_open(&json, NULL, '{');
 *     json_text(&json, "segment", "game");
 *     json_open(&json, "ids", '[');
 *     json_text(&json, NULL, "17");
 *     json_close(&json);
 *     json_close(&json);
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_MAX_DEPTH 16

struct json {
    FILE *stream;
    int depth;
    int line_depth; /* each value at this depth begins a line; 0: none */
    char closers[JSON_MAX_DEPTH];
    bool not_first[JSON_MAX_DEPTH + 1];
};

struct json json_start(FILE *stream);

/* name: of the member; NULL within an array and for the document itself. */
void json_open(struct json *json, const char *name, char bracket); /* '{' or '[' */
void json_close(struct json *json);                                /* what was opened last */

/* Characters that could drive a terminal and bytes that are no UTF-8 never appear raw: the
 * former are escaped, the latter become U+FFFD. NULL is null. */
void json_text(struct json *json, const char *name, const char *text);
void json_unsigned(struct json *json, const char *name, uint64_t number);
void json_integer(struct json *json, const char *name, int64_t number);
void json_real(struct json *json, const char *name, double number); /* not finite: null */
void json_bool(struct json *json, const char *name, bool value);

/* A value that is JSON already. */
void json_raw(struct json *json, const char *name, const char *value);

#endif
