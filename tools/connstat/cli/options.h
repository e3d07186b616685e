/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The parser that a command's option table feeds. The global options are understood everywhere,
 * before and after the command, and never reach it.
 *
 *     static bool take_option(struct options *options, int id, void *arg)
 *     {
 *         struct wish *wish = arg;
 *         if (id == 'l')
 *             return options_number(options, 1, UINT64_MAX, &wish->limit);
 *         wish->type = options->value;
 *         return true;
 *     }
 *
 *     struct options options;
 *     if (!options_parse(&options, call, take_option, &wish))
 *         return options.status;
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <connstat.h>
#include <getopt.h>
#include <stdint.h>

#include "cli/command.h"
#include "cli/segment.h"

#define OPTIONS_MAX 32

struct options {
    const struct call *call;
    struct context *context; /* that of the call */
    const char *value;       /* the value of the option that is being taken */
    const char *name;        /* its long name */
    int status;
    char **operands; /* after options_parse */
    int operand_count;
    uint64_t given; /* a bit for each row below that came with a value */
    const struct command_option *rows[OPTIONS_MAX];
    struct option long_options[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 2];
};

/* Takes one option of the command's own; options->value is its value. Returns false where the value
 * is wrong: then that was printed, and .status is set. */
typedef bool (*options_take)(struct options *options, int id, void *arg);

/* Read the call's options and operands; take is NULL for a command without options of its own.
 * Returns false where the command must not run, because help was shown or a mistake was printed:
 * then .status is its exit status. call->command NULL: read only options that every command has, up
 * to the first operand. */
bool options_parse(struct options *options, const struct call *call, options_take take, void *arg);

/* For options_take: read options->value, or add it to the types. False: it is wrong, which was
 * printed; .status is set. */
bool options_type(struct options *options, struct type_names *types);
bool options_number(struct options *options, uint64_t min, uint64_t max, uint64_t *number);
bool options_seconds(struct options *options, double *seconds); /* "90", "90s", "10m", "1h30m" */
bool options_size(struct options *options, uint64_t min, uint64_t max, uint64_t *size); /* 16k */
bool options_interval(struct options *options,
                      double *seconds); /* between two looks: 0.01s to 1d */
bool options_key(struct options *options, struct connstat_key *key);

#endif
