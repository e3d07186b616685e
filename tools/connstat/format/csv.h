/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A writer of CSV (RFC 4180) to standard output.
 */
#ifndef TOOLS_CSV_H
#define TOOLS_CSV_H

#include <stdbool.h>

/* safe: a text that a spreadsheet would take for a formula gets a ' before it. */
void csv_start(bool safe);

/* Write the next cell of the row. Control characters other than tab and line feed, and other
 * characters that could drive a terminal, appear as \u001b and so on. */
void csv_cell(const char *text);

/* The same for a text that somebody else may have written. */
void csv_text(const char *text);
void csv_no_cell(void); /* nothing is there: without the quotes of an empty text */
void csv_end_row(void);

#endif
