/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "common/color.h"
#include "common/failure.h"
#include "common/output.h"

/* Text is UTF-8 whatever the locale says: metadata is, and widths are measured in it. */
static void set_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static const struct command *default_command(const struct context *context)
{
    bool interactive =
        context->format == FORMAT_TABLE && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    const struct command *top = interactive ? command_find("top") : NULL;
    return top ? top : command_find("counts");
}

static int dispatch(struct context *context, int argc, char **argv)
{
    struct options options;
    options_start(&options, context, argc, argv);
    if (options_next(&options) == OPTIONS_EXIT)
        return options.status;

    char *no_arguments[] = {argv[0], NULL};
    if (options.operand_count == 0) {
        options.operand_count = 1;
        options.operands = no_arguments;
        context->command = default_command(context);
    } else {
        context->command = command_find(options.operands[0]);
    }
    if (!context->command)
        return usage_error(context, "there is no command \"%s\"", options.operands[0]);
    return context->command->run(context, options.operand_count, options.operands);
}

int main(int argc, char **argv)
{
    struct context context = {.format = FORMAT_TABLE};
    set_locale();
    output_start();
    color_choose("auto", &context.color);
    return output_end(dispatch(&context, argc, argv));
}
