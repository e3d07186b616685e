/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat help: the help of a command; as JSON the tables of all commands, from which the man
 * page is made.
 */
#include <connstat.h>
#include <stdio.h>

#include "cli/help.h"
#include "cli/options.h"
#include "common/failure.h"
#include "format/json.h"

static void write_options(struct jsonw *json, const struct command_option *option)
{
    char letter[2] = "";
    jsonw_open(json, "options", '[');
    for (; option && option->name; option++) {
        jsonw_open(json, NULL, '{');
        jsonw_text(json, "name", option->name);
        letter[0] = (char)option->id;
        jsonw_text(json, "letter", option->id < OPTION_LONG ? letter : NULL);
        jsonw_text(json, "argument", option->argument);
        jsonw_text(json, "help", option->help);
        jsonw_text(json, "choices", option->choices);
        jsonw_close(json);
    }
    jsonw_close(json);
}

static void print_tables(const struct command *const *commands)
{
    struct jsonw json = jsonw_document(stdout);
    jsonw_text(&json, "version", connstat_version());
    write_options(&json, global_options);
    jsonw_open(&json, "commands", '[');
    for (; *commands; commands++) {
        const struct command *command = *commands;
        jsonw_open(&json, NULL, '{');
        jsonw_text(&json, "name", command->name);
        jsonw_text(&json, "summary", command->summary);
        jsonw_text(&json, "usage", command->usage);
        jsonw_text(&json, "details", command->details);
        jsonw_text(&json, "operands", command->operand_choices);
        write_options(&json, command->options);
        jsonw_close(&json);
    }
    jsonw_close(&json);
    jsonw_close(&json);
    puts("");
}

/* The advice is the list of all commands, not the usage of "help". */
static int no_command(const struct context *context, const struct command *const *commands,
                      const char *name)
{
    struct context all = *context;
    all.command = NULL;
    char advice[64];
    return usage_error(&all, "there is no command \"%s\"%s", name,
                       command_advice(commands, name, advice, sizeof(advice)));
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    struct options options;
    if (!options_parse(&options, call, NULL, NULL))
        return options.status;

    struct call shown = *call;
    shown.command = NULL;
    if (options.operand_count == 1) {
        shown.command = command_find(call->commands, options.operands[0]);
        if (!shown.command)
            return no_command(context, call->commands, options.operands[0]);
    }
    if (context->format == FORMAT_CSV)
        return usage_error(context, "help is text, or with -o json data");
    if (for_people(context))
        help_print(&shown);
    else
        print_tables(shown.command ? (const struct command *const[]){shown.command, NULL}
                                   : call->commands);
    return STATUS_OK;
}

const struct command command_help = {
    .name = "help",
    .summary = "show the help of a command",
    .usage = "[COMMAND]",
    .details = "With -o json: all commands, or this one, and their options as data.",
    .operand_choices = CHOOSE_COMMAND,
    .most_operands = 1,
    .run = run,
};
