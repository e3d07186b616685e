/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Reads the words of a condition: names, operators and values, bare or in quotes.
 */
#ifndef TOOLS_SCANNER_H
#define TOOLS_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

enum comparison {
    ABSENT, /* !name */
    IS,
    IS_NOT,
    BELOW,
    AT_MOST,
    ABOVE,
    AT_LEAST,
    MATCHES,  /* ~, a POSIX extended regular expression */
    CONTAINS, /* *= */
    BEGINS    /* ^= */
};

struct scanner {
    const char *at;
    int depth;          /* of parentheses that are open */
    char problem[512];  /* what is not understood, in words; "" while all is */
    bool out_of_memory; /* then .problem says so */
};

struct word {
    char *text; /* from malloc */
    bool is_quoted;
};

void scanner_start(struct scanner *scanner, const char *text);
void scanner_skip_blanks(struct scanner *scanner);

/* The rest of these report a failure: .problem is set, and the first one stays. */
void scanner_refuse(struct scanner *scanner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool scanner_name(struct scanner *scanner, struct word *word);
bool scanner_comparison(struct scanner *scanner, enum comparison *comparison);

/* What follows the operator. A regular expression keeps its backslashes, in quotes too. */
bool scanner_value(struct scanner *scanner, enum comparison comparison, struct word *word);

/* The text that a table's escapes (\n, \e, \u{202e}, \\ ...) stand for, from malloc. NULL: there
 * are other escapes in it, or no memory. */
char *scanner_unescape(const char *text, size_t length);

#endif
