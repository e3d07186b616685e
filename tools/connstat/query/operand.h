/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The value that a condition compares with, read in each way in which it can be meant.
 */
#ifndef TOOLS_OPERAND_H
#define TOOLS_OPERAND_H

#include <connstat.h>
#include <regex.h>

#include "query/field.h"
#include "query/scanner.h"

struct operand {
    char *text;  /* the word as typed, or what stands between the quotes */
    char *shown; /* NULL, or what a bare word means where it holds escapes as a table shows them */
    bool has_number, is_nan, has_boolean, boolean, has_regex;
    bool is_text;       /* a text may equal it: it is not exactly a number or a truth value */
    long double number; /* exact for 64-bit integers where a long double has 64 bits of mantissa */
    long double end;    /* a time in ns or an age in s means all from .number up to here */
    struct connstat_key key;
    uint64_t types; /* a bit each */
    regex_t regex;
};

/* Read the value; the operand owns the word from then on. False: the scanner tells what is
 * wrong. */
bool operand_read(struct scanner *scanner, struct field_ref field, enum comparison comparison,
                  struct word word, struct operand *operand);
void operand_free(struct operand *operand);

#endif
