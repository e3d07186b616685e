/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_HELP_H
#define TOOLS_HELP_H

#include "cli/command.h"

/* Print the help of call->command; where that is NULL, the list of call->commands. */
void help_print(const struct call *call);

#endif
