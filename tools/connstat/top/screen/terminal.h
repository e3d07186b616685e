/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The terminal: taken, written to, and given back as it was however the program ends.
 */
#ifndef TOP_TERMINAL_H
#define TOP_TERMINAL_H

#include "top/panels/panel.h"

/* Returns a descriptor that is readable when a signal came, or a negative errno; -ENOTTY: the
 * terminal's type is unknown. */
int terminal_start(bool color);
void terminal_stop(void);

/* The signal to end by, 0 if none came. Follows a changed size. */
int terminal_signal(int fd);

/* Give the terminal back and end as that signal ends a program. */
void terminal_end_by(int signal_number);

int terminal_width(void);
int terminal_height(void);

/* Write text, safe for a terminal, into width columns from x on, cut with an ellipsis. Returns
 * the columns it took. */
int terminal_text(int y, int x, int width, enum top_look look, const char *text);
int terminal_right(int y, int x, int width, enum top_look look, const char *text);

/* Everything written until terminal_plain is drawn so. */
void terminal_selected(void);
void terminal_plain(void);
void terminal_fill(int y, int x, int width, enum top_look look); /* with blanks */
void terminal_ascii(bool ascii);                                 /* an ellipsis of dots */

#endif
