/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <stdio.h>
#include <string.h>

#include "completion/scripts.h"

static void print_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void print_choices(const char *choices)
{
    if (strcmp(choices, CHOOSE_SEGMENT) == 0)
        printf(" -a '(__connstat_segments)'");
    else if (completion_subject(choices))
        printf(" -a '(__connstat_ask %s)'", completion_subject(choices));
    else if (strcmp(choices, CHOOSE_COMMAND) == 0)
        printf(" -a '(__connstat_commands)'");
    else
        printf(" -a '%s'", choices);
}

static void print_options(const char *condition, const struct command_option *option)
{
    for (; option && option->name; option++) {
        printf("complete -c connstat%s", condition);
        if (option->id < OPTION_LONG)
            printf(" -s %c", option->id);
        printf(" -l %s", option->name);
        bool file = option->choices && strcmp(option->choices, CHOOSE_FILE) == 0;
        if (option->argument)
            printf(file ? " -r -F" : " -x");
        if (option->choices && !file)
            print_choices(option->choices);
        printf(" -d ");
        print_quoted(option->help);
        putchar('\n');
    }
}

static void print_command(const struct command *command)
{
    char condition[128];
    printf("complete -c connstat -n __fish_use_subcommand -a %s -d ", command->name);
    print_quoted(command->summary);
    putchar('\n');
    snprintf(condition, sizeof(condition), " -n '__fish_seen_subcommand_from %s'", command->name);
    print_options(condition, command->options);
    if (!command->operand_choices && !command->wraps_program)
        return;
    printf("complete -c connstat%s", condition);
    if (command->wraps_program)
        printf(" -a '(__fish_complete_subcommand)'");
    else
        print_choices(command->operand_choices);
    putchar('\n');
}

void completion_fish(const struct command *const *commands)
{
    puts("# fish completion of connstat, made by \"connstat completion fish\"\n");
    puts("function __connstat_segments\n    " COMPLETION_SEGMENTS "\nend\n");
    puts("# Of the segment that the line names, by -n or in the environment.\n"
         "function __connstat_ask\n"
         "    set -l words (commandline -opc)\n"
         "    set -l name $CONNSTAT_NAME\n"
         "    for i in (seq (count $words))\n"
         "        switch $words[$i]\n"
         "            case -n --name\n"
         "                set -l next (math $i + 1)\n"
         "                test $next -le (count $words); and set name $words[$next]\n"
         "            case '--name=*'\n"
         "                set name (string replace -- --name= '' $words[$i])\n"
         "        end\n"
         "    end\n"
         "    env CONNSTAT_NAME=\"$name\" connstat completion $argv 2>/dev/null\n"
         "end\n");
    printf("function __connstat_commands\n    printf '%%s\\n'");
    for (const struct command *const *command = commands; *command; command++)
        printf(" %s", (*command)->name);
    puts("\nend\n");
    puts("complete -c connstat -f");
    print_options("", global_options);
    for (const struct command *const *command = commands; *command; command++)
        print_command(*command);
}
