/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The commands, in the order in which the help shows them.
 */
#include <string.h>

#include "command.h"

extern const struct command command_help;

const struct command *const commands[] = {
    &command_help,
    NULL,
};

const struct command *command_find(const char *name)
{
    for (const struct command *const *command = commands; *command; command++) {
        if (strcmp((*command)->name, name) == 0)
            return *command;
    }
    return NULL;
}
