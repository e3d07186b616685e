/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <stdio.h>
#include <string.h>

#include "completion/scripts.h"

/* Print text for a place within single quotes in which brackets and colons would end a
 * description. */
static void print_quoted(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void print_action(const char *choices)
{
    if (!choices)
        return;
    if (strcmp(choices, CHOOSE_SEGMENT) == 0)
        fputs("_connstat_segments", stdout);
    else if (completion_subject(choices))
        printf("_connstat_%s", completion_subject(choices));
    else if (strcmp(choices, CHOOSE_FILE) == 0)
        fputs("_files", stdout);
    else if (strcmp(choices, CHOOSE_COMMAND) == 0)
        fputs("_connstat_commands", stdout);
    else
        printf("(%s)", choices);
}

static void print_option(const struct command_option *option)
{
    printf("        ");
    if (option->id < OPTION_LONG)
        printf("'(-%c --%s)'{-%c,--%s%s}'[", option->id, option->name, option->id, option->name,
               option->argument ? "=" : "");
    else
        printf("'--%s%s[", option->name, option->argument ? "=" : "");
    print_quoted(option->help);
    putchar(']');
    if (option->argument) {
        putchar(':');
        print_quoted(option->argument);
        putchar(':');
        print_action(option->choices);
    }
    puts("' \\");
}

static void print_options(const struct command_option *option)
{
    for (; option && option->name; option++)
        print_option(option);
}

static void print_command(const struct command *command)
{
    printf("    %s)\n        _arguments \\\n", command->name);
    print_options(command->options);
    print_options(global_options);
    if (command->wraps_program) {
        puts("        '*::program:_normal'");
    } else {
        printf("        '*:argument:");
        print_action(command->operand_choices);
        puts("'");
    }
    puts("        ;;");
}

static void print_list(const char *function, const char *source)
{
    printf("%s()\n{\n    local -a found\n    found=(${(f)\"$(%s)\"})\n    compadd -a found\n}\n\n",
           function, source);
}

void completion_zsh(const struct command *const *commands)
{
    puts("#compdef connstat\n# made by \"connstat completion zsh\"\n");
    print_list("_connstat_segments", COMPLETION_SEGMENTS);
    puts("# Of the segment that the line names, by -n or in the environment.\n"
         "_connstat_ask()\n{\n"
         "    local name=${CONNSTAT_NAME-} i\n"
         "    for ((i = 1; i < $#_connstat_line; i++)); do\n"
         "        case $_connstat_line[i] in\n"
         "        -n | --name) name=$_connstat_line[i+1] ;;\n"
         "        --name=*) name=${_connstat_line[i]#--name=} ;;\n"
         "        -n?*) name=${_connstat_line[i]#-n} ;;\n"
         "        esac\n"
         "    done\n"
         "    CONNSTAT_NAME=$name connstat completion $1 2>/dev/null\n"
         "}\n");
    print_list("_connstat_types", "_connstat_ask types");
    print_list("_connstat_fields", "_connstat_ask fields");
    print_list("_connstat_pids", "_connstat_ask pids");
    print_list("_connstat_ids", "_connstat_ask ids");
    puts("_connstat_commands()\n{\n    local -a found\n    found=(");
    for (const struct command *const *command = commands; *command; command++) {
        printf("        '%s:", (*command)->name);
        print_quoted((*command)->summary);
        puts("'");
    }
    puts("    )\n    _describe -t commands command found\n}\n\n"
         "_connstat()\n{\n    local curcontext=$curcontext state line\n    local -a "
         "_connstat_line=($words)\n    typeset -A opt_args\n"
         "    _arguments -C \\");
    print_options(global_options);
    puts("        '1:command:_connstat_commands' '*::argument:->argument'\n"
         "    [[ $state == argument ]] || return\n"
         "    case $line[1] in");
    for (const struct command *const *command = commands; *command; command++)
        print_command(*command);
    puts("    esac\n}\n\n_connstat \"$@\"");
}
