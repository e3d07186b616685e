/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a command of connstat is. One table describes it; the dispatcher, the parser, the help,
 * the man page and the completions all read that table.
 *
 * How to add one stands in tools/README.md.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "common/context.h"

struct command_option {
    int id;               /* the short letter; where there is none, a number from OPTION_LONG on */
    const char *name;     /* long name, without the dashes */
    const char *argument; /* NULL: takes none */
    const char *help;
    const char *choices; /* NULL; words with blanks between them; or one of the CHOOSE_ below */
    bool is_repeatable;  /* may be given several times; otherwise a second value is refused */
};
#define OPTION_LONG    256
#define CHOOSE_FILE    "<file>"
#define CHOOSE_SEGMENT "<segment>"
#define CHOOSE_TYPE    "<type>"
#define CHOOSE_FIELD   "<field>"
#define CHOOSE_PID     "<pid>"
#define CHOOSE_ID      "<id>"
#define CHOOSE_COMMAND "<command>"

struct call;

struct command {
    const char *name;
    const char *summary; /* one line without full stop */
    const char *usage;   /* what follows the name in the usage line: "[OPTION]... ID" */
    const char *details; /* NULL, or paragraphs for --help and the man page */
    const struct command_option *options; /* ends with a row of no name; NULL: none of its own */
    const char *operand_choices; /* what operands may be, as choices above says it for a value */
    int least_operands, most_operands; /* how many there may be */
    bool takes_segments;               /* -n may be given several times */
    bool has_one_format;               /* what it prints has no other shapes for -o to choose */
    bool wraps_program; /* its operands, any number of them, are a program and its arguments */
    int (*run)(const struct call *call); /* returns an enum status */
};

/* The command line, as a command gets it: run is called with it. */
struct call {
    struct context *context;               /* filled with the options that every command has */
    const struct command *command;         /* NULL: only options have been read so far */
    const struct command *const *commands; /* all commands; the last one is NULL */
    int argc;
    char **argv; /* argv[0] is the command's name */
};

/* Options that every command takes; ends with a row of no name. */
#define GLOBAL_OPTION_COUNT 7
extern const struct command_option global_options[GLOBAL_OPTION_COUNT + 1];
enum {
    GLOBAL_JSON = OPTION_LONG + 1000,
    GLOBAL_COLOR,
    GLOBAL_CSV_SAFE
}; /* ids of those without a letter */

/* The command of that name; NULL: there is none. The last of the commands is NULL. */
const struct command *command_find(const struct command *const *commands, const char *name);

/* ": do you mean \"list\"?" where a command is called similarly, else "". Returns buf. */
char *command_advice(const struct command *const *commands, const char *name, char *buf,
                     size_t size);

#endif
