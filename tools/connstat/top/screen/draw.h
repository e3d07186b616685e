/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The parts that several screens have.
 */
#ifndef TOP_DRAW_H
#define TOP_DRAW_H

#include "top/screen/terminal.h"
#include "top/state/state.h"

/* A line of text that is filled from the left. A piece that no longer fits is left out as a whole,
 * and so is what follows. */
struct top_line {
    int y, x, width;
};
void top_line_add(struct top_line *line, enum top_look look, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Draw the headings and the rows of a list in height lines, from line y on. */
void top_draw_list(struct top *top, struct top_list *list, int y, int height, bool focused);

/* In draw_alerts.c: draw the gravest alerts in height lines. */
void top_draw_alerts(struct top *top, int y, int height);

/* In draw_history.c: draw a chart of what was open, if height lines are enough for one. */
void top_draw_history(const struct top *top, int y, int height);

/* In draw_scope.c: what is looked into, with what is known of it, or with what is said about it.
 * Each returns the line below. */
int top_draw_scope(struct top *top, int y);
int top_draw_path(struct top *top, int y, const char *what);

int top_draw_title(struct top *top);                     /* returns the line below it */
void top_draw_footer(struct top *top, const char *keys); /* two blanks between them */

/* A text in as many lines as it needs, broken between words. Returns the line below. */
int top_draw_words(int y, int x, enum top_look look, const char *text);

/* What is drawn there does on a click what the key does. */
void top_add_button(struct top *top, int y, int x, int width, int key);

#endif
