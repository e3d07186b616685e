/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The parser that a command's option table feeds. The global options are understood everywhere,
 * before and after the command, and never reach it.
 *
 *     struct options options;
 *     options_start(&options, call);
 *     for (int id; (id = options_next(&options)) != OPTIONS_END;) {
 *         if (id == 't')
 *             type = options.value;
 *         else if (id != 'l' || !options_number(&options, 1, UINT64_MAX, &limit))
 *             return options.status;
 *     }
 *     if (!options_operands(&options, 0, 1))
 *         return options.status;
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <connstat.h>
#include <getopt.h>
#include <stdint.h>

#include "cli/command.h"

#define OPTIONS_END  0
#define OPTIONS_EXIT (-1) /* help was shown or the usage is wrong: return .status */

#define OPTIONS_MAX 32

struct options {
    const struct call *call;
    struct context *context; /* the call's */
    const char *value;       /* of the option just returned */
    const char *name;        /* its long name */
    int status;
    char **operands; /* after OPTIONS_END */
    int operand_count;
    const struct command_option *rows[OPTIONS_MAX];
    struct option long_options[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + 2];
};

/* call->command NULL: the global options alone, up to the command's name. */
void options_start(struct options *options, const struct call *call);
int options_next(struct options *options);

/* For the value of the option just returned. False: it was reported and .status is set. */
bool options_number(struct options *options, uint64_t min, uint64_t max, uint64_t *number);
bool options_seconds(struct options *options, double *seconds); /* "90", "90s", "10m", "1h30m" */
bool options_key(struct options *options, struct connstat_key *key);

/* How many operands there may be (max -1: any number). False as above. */
bool options_operands(struct options *options, int min, int max);

#endif
