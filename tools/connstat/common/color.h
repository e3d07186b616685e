/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Whether standard output is coloured, and with what.
 */
#ifndef TOOLS_COLOR_H
#define TOOLS_COLOR_H

#include <stdbool.h>

/* when is "auto", "always" or "never"; "auto" decides by $NO_COLOR, $CLICOLOR_FORCE and whether
 * standard output is a terminal, in that order. Returns false, and leaves *color, for any other
 * word. */
bool color_choose(const char *when, bool *color);

#define COLOR_BOLD   "\033[1m"
#define COLOR_DIM    "\033[2m"
#define COLOR_RED    "\033[31m"
#define COLOR_GREEN  "\033[32m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_RESET  "\033[0m"

#endif
