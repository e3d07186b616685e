/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_HELP_H
#define TOOLS_HELP_H

#include "cli/command.h"

/* The help of context->command, or the list of commands where that is NULL. */
void help_print(const struct context *context);

#endif
