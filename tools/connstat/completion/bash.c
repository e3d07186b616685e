/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <stdio.h>
#include <string.h>

#include "completion/scripts.h"

static void print_names(const struct command_option *option)
{
    for (; option && option->name; option++) {
        if (option->id < OPTION_LONG)
            printf(" -%c", option->id);
        printf(" --%s", option->name);
    }
}

static void print_options(const struct command *const *commands)
{
    printf("_connstat_options()\n{\n    case $1 in\n");
    for (; *commands; commands++) {
        if (!(*commands)->options)
            continue;
        printf("    %s) echo \"", (*commands)->name);
        print_names((*commands)->options);
        puts("\" ;;");
    }
    printf("    esac\n    echo \"");
    print_names(global_options);
    puts("\"\n}\n");
}

static void print_choices(const char *choices)
{
    if (!choices)
        puts(":");
    else if (strcmp(choices, CHOOSE_SEGMENT) == 0)
        puts(COMPLETION_SEGMENTS);
    else if (completion_subject(choices))
        printf("_connstat_ask %s\n", completion_subject(choices));
    else if (strcmp(choices, CHOOSE_FILE) == 0)
        puts("compgen -f -- \"$3\"");
    else if (strcmp(choices, CHOOSE_COMMAND) == 0)
        puts("_connstat_commands");
    else
        printf("echo \"%s\"\n", choices);
}

/* What the values of these options may be, after that command; "*" stands for every command. */
static void print_values(const char *command, const struct command_option *option)
{
    for (; option && option->name; option++) {
        if (!option->argument)
            continue;
        printf("    %s\\ --%s", command, option->name);
        if (option->id < OPTION_LONG)
            printf(" | %s\\ -%c", command, option->id);
        printf(")\n        ");
        print_choices(option->choices);
        puts("        ;;");
    }
}

static void print_all_values(const struct command *const *commands)
{
    puts("# COMMAND OPTION WORD: what may follow the option; false: it takes no value.\n"
         "_connstat_values()\n{\n    case \"$1 $2\" in");
    for (; *commands; commands++)
        print_values((*commands)->name, (*commands)->options);
    print_values("*", global_options);
    puts("    *) return 1 ;;\n    esac\n}\n");
}

static void print_operands(const struct command *const *commands)
{
    puts("_connstat_operands()\n{\n    case $1 in\n    \"\") _connstat_commands ;;");
    for (; *commands; commands++) {
        if (!(*commands)->operand_choices && !(*commands)->wraps_program)
            continue;
        printf("    %s)\n        ", (*commands)->name);
        if ((*commands)->wraps_program)
            puts("compgen -c -- \"$2\"");
        else
            print_choices((*commands)->operand_choices);
        puts("        ;;");
    }
    puts("    esac\n}\n");
}

static void print_commands(const struct command *const *commands)
{
    printf("_connstat_commands()\n{\n    echo \"");
    for (; *commands; commands++)
        printf(" %s", (*commands)->name);
    puts("\"\n}\n");
}

static void print_ask(void)
{
    puts("# SUBJECT: of the segment that the line names, by -n or in the environment.\n"
         "_connstat_ask()\n{\n"
         "    local i name=${CONNSTAT_NAME-}\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in\n"
         "        -n | --name)\n"
         "            [ \"${COMP_WORDS[i + 1]-}\" = \"=\" ] && ((i++))\n"
         "            name=${COMP_WORDS[i + 1]-}\n"
         "            ;;\n"
         "        -n?*) name=${COMP_WORDS[i]#-n} ;;\n"
         "        esac\n"
         "    done\n"
         "    CONNSTAT_NAME=$name connstat completion \"$1\" 2>/dev/null\n"
         "}\n");
}

void completion_bash(const struct command *const *commands)
{
    puts("# bash completion of connstat, made by \"connstat completion bash\"\n");
    print_ask();
    print_commands(commands);
    print_options(commands);
    print_all_values(commands);
    print_operands(commands);
    puts("_connstat()\n"
         "{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "    local command=\"\" words=\"\" i\n"
         "    if [ \"$word\" = \"=\" ]; then\n"
         "        word=\"\"\n"
         "    elif [ \"$before\" = \"=\" ] && [ \"$COMP_CWORD\" -gt 1 ]; then\n"
         "        before=${COMP_WORDS[COMP_CWORD - 2]}\n"
         "    fi\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in\n"
         "        -*)\n"
         "            if _connstat_values \"\" \"${COMP_WORDS[i]}\" >/dev/null; then\n"
         "                ((i++))\n"
         "                [ \"${COMP_WORDS[i]}\" = \"=\" ] && ((i++))\n"
         "            fi\n"
         "            ;;\n"
         "        *)\n"
         "            command=${COMP_WORDS[i]}\n"
         "            break\n"
         "            ;;\n"
         "        esac\n"
         "    done\n"
         "    case $before in\n"
         "    -*) words=$(_connstat_values \"$command\" \"$before\" \"$word\") &&\n"
         "        before=\"\" ;;\n"
         "    *) before=- ;;\n"
         "    esac\n"
         "    if [ -n \"$before\" ]; then\n"
         "        case $word in\n"
         "        -*) words=$(_connstat_options \"$command\") ;;\n"
         "        *) words=$(_connstat_operands \"$command\" \"$word\") ;;\n"
         "        esac\n"
         "    fi\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "}\n"
         "\n"
         "complete -o bashdefault -F _connstat connstat");
}
