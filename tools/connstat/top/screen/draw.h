/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What the screens of top are made of.
 */
#ifndef TOP_DRAW_H
#define TOP_DRAW_H

#include "top/screen/terminal.h"
#include "top/state/state.h"

/* A line of text filling up from the left; what no longer fits is left out whole. */
struct top_line {
    int y, x, width;
};
void top_line_add(struct top_line *line, enum top_look look, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Headings and rows of a list in height lines from y on. */
void top_draw_list(struct top *top, struct top_list *list, int y, int height, bool focused);

/* draw_alerts.c: the gravest alerts, in height lines. */
void top_draw_alerts(const struct top *top, int y, int height);

int top_draw_title(struct top *top);                     /* returns the line below it */
void top_draw_footer(struct top *top, const char *keys); /* two blanks between them */

#endif
