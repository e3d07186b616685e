/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a command of connstat is. One table describes it; the dispatcher, the parser, the help,
 * the man page and the completions all read that table.
 *
 * A new command is a file that defines `const struct command command_NAME`, a line in
 * ../commands.c and its sources in meson.build. It parses with options.h, opens its segment with
 * segment.h, fails with common/failure.h and prints through format/sheet.h (rows in every format)
 * or common/output.h and format/json.h.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "common/context.h"

struct command_option {
    int id;           /* the short letter, or a number from OPTION_LONG up where there is none */
    const char *name; /* long name, without the dashes */
    const char *argument; /* NULL: takes none */
    const char *help;
    const char *choices; /* NULL, the words it may be, or for completions one of the CHOOSE_ */
    bool is_repeatable;  /* with another value each time; else a second value is refused */
};
#define OPTION_LONG    256
#define CHOOSE_FILE    "<file>"
#define CHOOSE_SEGMENT "<segment>"
#define CHOOSE_TYPE    "<type>"
#define CHOOSE_COMMAND "<command>"

struct call;

struct command {
    const char *name;
    const char *summary;                  /* one line, no full stop */
    const char *usage;                    /* what follows the name: "[OPTION]... ID" */
    const char *details;                  /* NULL, or paragraphs for --help and the man page */
    const struct command_option *options; /* ends with a row of no name; NULL: none of its own */
    const char *operand_choices;          /* as choices above, for the operands */
    int least_operands, most_operands;    /* how many there may be */
    bool wraps_program; /* any operands; the first ends the options: the rest is a program's */
    int (*run)(const struct call *call); /* returns an enum status */
};

/* The command line, as a command gets it. */
struct call {
    struct context *context;               /* the options of every command are put here */
    const struct command *command;         /* NULL: not yet known */
    const struct command *const *commands; /* all there are; ends with NULL */
    int argc;
    char **argv; /* argv[0] is the command's name */
};

/* Options that every command takes; ends with a row of no name. */
#define GLOBAL_OPTION_COUNT 6
extern const struct command_option global_options[GLOBAL_OPTION_COUNT + 1];
enum { GLOBAL_JSON = OPTION_LONG + 1000, GLOBAL_COLOR }; /* ids of those without a letter */

/* The command of that name in a table that ends with NULL. NULL: there is none. */
const struct command *command_find(const struct command *const *commands, const char *name);

#endif
