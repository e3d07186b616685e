/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What a command of connstat is. One table describes it; the dispatcher, the parser, the help,
 * the man page and the completions all read that table.
 *
 * A new command is a file that defines `const struct command command_NAME`, a line in commands.c
 * and its sources in meson.build. It parses with options.h, opens its segment with segment.h,
 * fails with failure.h and prints through sheet.h (rows in every format) or output.h and json.h.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

enum format { FORMAT_TABLE, FORMAT_WIDE, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV };

/* Of every machine format; rises when a reader of the old one would be misled. */
#define SCHEMA 1

struct command;

struct context { /* what the global options say */
    const struct command *command;
    const char *segment; /* NULL: $CONNSTAT_NAME, else "default" */
    enum format format;
    bool color; /* of standard output */
};

static inline bool for_people(const struct context *context)
{
    return context->format == FORMAT_TABLE || context->format == FORMAT_WIDE;
}

struct command_option {
    int id;           /* the short letter, or a number from OPTION_LONG up where there is none */
    const char *name; /* long name, without the dashes */
    const char *argument; /* NULL: takes none */
    const char *help;
    const char *choices; /* NULL, the words it may be, or for completions one of the CHOOSE_ */
};
#define OPTION_LONG    256
#define CHOOSE_FILE    "<file>"
#define CHOOSE_SEGMENT "<segment>"
#define CHOOSE_TYPE    "<type>"
#define CHOOSE_COMMAND "<command>"

struct command {
    const char *name;
    const char *summary;                  /* one line, no full stop */
    const char *usage;                    /* what follows the name: "[OPTION]... ID" */
    const char *details;                  /* NULL, or paragraphs for --help and the man page */
    const struct command_option *options; /* ends with a row of no name; NULL: none of its own */
    const char *operand_choices;          /* as choices above, for the operands */
    bool wraps_program;                   /* operands end the options: the rest is a program's */
    int (*run)(struct context *context, int argc, char **argv); /* an enum status */
};

extern const struct command *const commands[]; /* ends with NULL */
extern const struct command_option global_options[];

const struct command *command_find(const char *name); /* NULL: none */

#endif
