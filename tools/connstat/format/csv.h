/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A writer of CSV (RFC 4180) to standard output.
 */
#ifndef TOOLS_CSV_H
#define TOOLS_CSV_H

/* Write the next cell of the row. Control characters other than tab and line feed, and other
 * characters that could drive a terminal, appear as \u001b and so on. */
void csv_cell(const char *text);
void csv_no_cell(void); /* nothing is there: without the quotes of an empty text */
void csv_end_row(void);

#endif
