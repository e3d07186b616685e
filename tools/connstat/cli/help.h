/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_HELP_H
#define TOOLS_HELP_H

#include "cli/command.h"

/* The help of call->command, or the list of call->commands where that is NULL. */
void help_print(const struct call *call);

#endif
