/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The terminal: it is taken over, written to, and given back as it was, however the program ends.
 */
#ifndef TOP_TERMINAL_H
#define TOP_TERMINAL_H

#include "top/panels/panel.h"

/* Take the terminal over. Returns a descriptor that is readable when a signal came, or a negative
 * errno; -ENOTTY: the type of the terminal is unknown. */
int terminal_start(bool color);
void terminal_stop(void);

/* The signal by which to end; 0: none came. Also follows a change of the terminal's size. */
int terminal_signal(int fd);

/* Give the terminal back, and end as a program ends that this signal kills. */
void terminal_end_by(int signal_number);

/* Whether clicks and turns of the wheel are keys (KEY_MOUSE); else the terminal selects text. */
void terminal_mouse(bool on);

int terminal_width(void);
int terminal_height(void);

/* Write text, which must be safe for a terminal, into width columns from x on; what does not fit is
 * cut with an ellipsis. Returns how many columns it took. */
int terminal_text(int y, int x, int width, enum top_look look, const char *text);
int terminal_right(int y, int x, int width, enum top_look look, const char *text);

/* Until terminal_plain, everything is written in the look of the selected row. */
void terminal_selected(void);
void terminal_faded(void); /* everything is dim: it is of the past */
void terminal_plain(void);
void terminal_fill(int y, int x, int width, enum top_look look); /* with blanks */
void terminal_ascii(bool ascii);                                 /* use dots for the ellipsis */

#endif
