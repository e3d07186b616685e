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
    MATCHES,  /* ~ and a POSIX extended regular expression */
    CONTAINS, /* *= */
    BEGINS    /* ^= */
};

struct field_source;

struct scanner {
    const char *at;
    const struct field_source *source; /* NULL, or where names may come from, too */
    int depth;                         /* how many parentheses are open */
    char problem[512];                 /* in words, what is not understood; "": nothing yet */
    bool out_of_memory;                /* there was no memory; .problem says so, too */
};

struct word {
    char *text; /* from malloc */
    bool is_quoted;
};

void scanner_start(struct scanner *scanner, const char *text);
void scanner_skip_blanks(struct scanner *scanner);

/* The functions below set .problem where they fail; the first problem stays. */
void scanner_refuse(struct scanner *scanner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool scanner_name(struct scanner *scanner, struct word *word);
bool scanner_comparison(struct scanner *scanner, enum comparison *comparison);

/* Read the value that follows an operator. A regular expression keeps its backslashes, also in
 * quotes. */
bool scanner_value(struct scanner *scanner, enum comparison comparison, struct word *word);

/* The text that a table shows with escapes (\n, \e, \u{202e}, \\ ...), from malloc. NULL: there are
 * other escapes in it, or there is no memory. */
char *scanner_unescape(const char *text, size_t length);

#endif
