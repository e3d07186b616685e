/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The table of all commands, in the order in which the help shows them.
 */
#ifndef TOOLS_COMMANDS_H
#define TOOLS_COMMANDS_H

#include "cli/command.h"

extern const struct command *const commands[]; /* the last one is NULL */

#endif
