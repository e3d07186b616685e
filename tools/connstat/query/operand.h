/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The value that a condition compares with, read in every way that it can be.
 */
#ifndef TOOLS_OPERAND_H
#define TOOLS_OPERAND_H

#include <connstat.h>
#include <regex.h>

#include "query/field.h"
#include "query/scanner.h"

struct operand {
    char *text;  /* as typed, or what the quotes hold */
    char *shown; /* NULL, or what a bare word means if a table's escapes stand in it */
    bool has_number, is_nan, has_boolean, boolean, has_regex;
    bool is_text; /* texts may equal it: it does not read exactly as a number or truth value */
    long double number; /* exact for 64-bit integers where it has 64 bits of mantissa */
    long double end;    /* of a time in ns, or an age in s: all from .number up to here */
    struct connstat_key key;
    uint64_t types; /* a bit each */
    regex_t regex;
};

/* Takes the word over. False: the scanner says what is wrong. */
bool operand_read(struct scanner *scanner, struct field_ref field, enum comparison comparison,
                  struct word word, struct operand *operand);
void operand_free(struct operand *operand);

#endif
