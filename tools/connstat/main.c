/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "commands.h"
#include "common/color.h"
#include "common/cut.h"
#include "common/failure.h"
#include "common/output.h"

/* Metadata is UTF-8, and the widths of its characters are asked of the locale. So the locale must
 * be one of UTF-8, whatever the user's is. */
static void set_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static const struct command *default_command(const struct context *context)
{
    bool interactive =
        context->format == FORMAT_TABLE && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    const struct command *top = interactive ? command_find(commands, "top") : NULL;
    return top ? top : command_find(commands, "counts");
}

static int dispatch(struct context *context, int argc, char **argv)
{
    struct call call = {.context = context, .commands = commands, .argc = argc, .argv = argv};
    struct options options;
    if (!options_parse(&options, &call, NULL, NULL))
        return options.status;

    char *no_arguments[] = {argv[0], NULL};
    if (options.operand_count == 0) {
        call.command = default_command(context);
        call.argc = 1;
        call.argv = no_arguments;
    } else {
        call.command = command_find(commands, options.operands[0]);
        call.argc = options.operand_count;
        call.argv = options.operands;
    }
    if (!call.command) {
        char advice[64];
        return usage_error(context, "there is no command \"%s\"%s", options.operands[0],
                           command_advice(commands, options.operands[0], advice, sizeof(advice)));
    }
    context->command = call.command->name;
    return call.command->run(&call);
}

int main(int argc, char **argv)
{
    struct context context = {.format = FORMAT_TABLE};
    set_locale();
    output_start();
    cut_survive();
    color_choose("auto", &context.color);
    return output_end(dispatch(&context, argc, argv));
}
