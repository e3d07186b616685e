/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "common/color.h"

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

static int widest_name(const struct command *const *commands)
{
    size_t widest = 0;
    for (; *commands; commands++) {
        size_t width = strlen((*commands)->name);
        widest = width > widest ? width : widest;
    }
    return (int)widest;
}

static void print_commands(const struct context *context, const struct command *const *commands)
{
    int width = widest_name(commands);
    puts("connstat shows and tends a live table of connections, shared by the processes of a "
         "server.\n");
    heading(context, "Usage");
    puts("  connstat [OPTION]... [COMMAND [OPTION]... [ARGUMENT]...]\n");
    heading(context, "Commands");
    for (; *commands; commands++)
        printf("  %-*s  %s\n", width, (*commands)->name, (*commands)->summary);
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

void help_print(const struct call *call)
{
    if (call->command)
        print_command(call->context, call->command);
    else
        print_commands(call->context, call->commands);
}
