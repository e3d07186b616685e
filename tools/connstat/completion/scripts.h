/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#ifndef TOOLS_COMPLETION_SCRIPTS_H
#define TOOLS_COMPLETION_SCRIPTS_H

#include "cli/command.h"

/* Each prints the script with which its shell completes these commands; the last one is NULL. */
void completion_bash(const struct command *const *commands);
void completion_zsh(const struct command *const *commands);
void completion_fish(const struct command *const *commands);

/* The command whose output stands for CHOOSE_SEGMENT: one name a line. */
#define COMPLETION_SEGMENTS "connstat completion segments 2>/dev/null"

/* "types" for CHOOSE_TYPE: what the script asks connstat completion for, of the segment that the
 * line is about. NULL: the choices are words, or of another kind. */
const char *completion_subject(const char *choices);

#endif
