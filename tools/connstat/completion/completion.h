/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_COMPLETION_H
#define TOOLS_COMPLETION_H

#include "cli/command.h"

/* Each prints the whole script. */
void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

/* Commands that list, one a line, what the CHOOSE_ of that name stands for. */
#define COMPLETION_SEGMENTS "connstat completion segments 2>/dev/null"
#define COMPLETION_TYPES    "connstat completion types 2>/dev/null"

#endif
