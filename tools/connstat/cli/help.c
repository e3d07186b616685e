/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * The help, for people from the tables, and the tables themselves as JSON for whoever makes the
 * man page and the completions.
 */
#include "cli/help.h"

#include <connstat.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "common/color.h"
#include "common/failure.h"
#include "format/json.h"

static void heading(const struct context *context, const char *text)
{
    printf("%s%s%s\n", context->color ? COLOR_BOLD : "", text, context->color ? COLOR_RESET : "");
}

static size_t option_label(const struct command_option *option, char *buf, size_t size)
{
    char letter[8] = "    ";
    if (option->id < OPTION_LONG)
        snprintf(letter, sizeof(letter), "-%c, ", option->id);
    return (size_t)snprintf(buf, size, "  %s--%s%s%s", letter, option->name,
                            option->argument ? " " : "", option->argument ? option->argument : "");
}

static size_t widest_label(const struct command_option *option)
{
    size_t widest = 0;
    char label[128];
    for (; option && option->name; option++) {
        size_t width = option_label(option, label, sizeof(label));
        if (width > widest)
            widest = width;
    }
    return widest;
}

static void print_options(const struct command_option *option)
{
    int width = (int)widest_label(option) + 2;
    char label[128];
    for (; option && option->name; option++) {
        option_label(option, label, sizeof(label));
        printf("%-*s%s\n", width, label, option->help);
    }
}

static int widest_name(void)
{
    size_t widest = 0;
    for (const struct command *const *command = commands; *command; command++) {
        size_t width = strlen((*command)->name);
        widest = width > widest ? width : widest;
    }
    return (int)widest;
}

static void print_commands(const struct context *context)
{
    int width = widest_name();
    puts("connstat shows and tends a live table of connections, shared by the processes of a "
         "server.\n");
    heading(context, "Usage");
    puts("  connstat [OPTION]... [COMMAND [OPTION]... [ARGUMENT]...]\n");
    heading(context, "Commands");
    for (const struct command *const *command = commands; *command; command++)
        printf("  %-*s  %s\n", width, (*command)->name, (*command)->summary);
    puts("");
    heading(context, "Options of every command");
    print_options(global_options);
    puts("\nWithout a command: top on a terminal, counts into a pipe.\n"
         "\"connstat help COMMAND\" tells more of each.");
}

static void print_command(const struct context *context, const struct command *command)
{
    printf("connstat %s: %s\n\n", command->name, command->summary);
    heading(context, "Usage");
    printf("  connstat %s%s%s\n", command->name, *command->usage ? " " : "", command->usage);
    if (command->details)
        printf("\n%s\n", command->details);
    if (command->options) {
        puts("");
        heading(context, "Options");
        print_options(command->options);
    }
    puts("");
    heading(context, "Options of every command");
    print_options(global_options);
}

void help_print(const struct context *context)
{
    if (context->command)
        print_command(context, context->command);
    else
        print_commands(context);
}

static void json_options(struct json *json, const struct command_option *option)
{
    char letter[2] = "";
    json_open(json, "options", '[');
    for (; option && option->name; option++) {
        json_open(json, NULL, '{');
        json_text(json, "name", option->name);
        letter[0] = (char)option->id;
        json_text(json, "letter", option->id < OPTION_LONG ? letter : NULL);
        json_text(json, "argument", option->argument);
        json_text(json, "help", option->help);
        json_text(json, "choices", option->choices);
        json_close(json);
    }
    json_close(json);
}

static void print_tables(void)
{
    struct json json = json_start(stdout);
    json_open(&json, NULL, '{');
    json_integer(&json, "schema", SCHEMA);
    json_text(&json, "version", connstat_version());
    json_options(&json, global_options);
    json_open(&json, "commands", '[');
    for (const struct command *const *command = commands; *command; command++) {
        json_open(&json, NULL, '{');
        json_text(&json, "name", (*command)->name);
        json_text(&json, "summary", (*command)->summary);
        json_text(&json, "usage", (*command)->usage);
        json_text(&json, "details", (*command)->details);
        json_text(&json, "operands", (*command)->operand_choices);
        json_options(&json, (*command)->options);
        json_close(&json);
    }
    json_close(&json);
    json_close(&json);
    puts("");
}

static int run(struct context *context, int argc, char **argv)
{
    struct options options;
    options_start(&options, context, argc, argv);
    while (options_next(&options) != OPTIONS_END)
        return options.status;
    if (!options_operands(&options, 0, 1))
        return options.status;

    if (context->format == FORMAT_JSON || context->format == FORMAT_JSONL) {
        print_tables();
        return STATUS_OK;
    }
    struct context shown = *context;
    shown.command = NULL;
    if (options.operand_count == 1) {
        shown.command = command_find(options.operands[0]);
        if (!shown.command) {
            shown.command = NULL;
            return usage_error(&shown, "there is no command \"%s\"", options.operands[0]);
        }
    }
    help_print(&shown);
    return STATUS_OK;
}

const struct command command_help = {
    .name = "help",
    .summary = "show the help of a command",
    .usage = "[COMMAND]",
    .details = "With -o json: all commands and options as data.",
    .operand_choices = CHOOSE_COMMAND,
    .run = run,
};
