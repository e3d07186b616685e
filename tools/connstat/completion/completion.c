/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat completion: the scripts with which shells complete the commands, made from the
 * commands' tables.
 */
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "completion/scripts.h"

static int print_bash(const struct call *call)
{
    completion_bash(call->commands);
    return STATUS_OK;
}

static int print_zsh(const struct call *call)
{
    completion_zsh(call->commands);
    return STATUS_OK;
}

static int print_fish(const struct call *call)
{
    completion_fish(call->commands);
    return STATUS_OK;
}

static int print_segment(const struct connstat_segment *segment, void *arg)
{
    (void)arg;
    puts(segment->name);
    return 0;
}

static int print_segments(const struct call *call)
{
    (void)call;
    connstat_for_each_segment(print_segment, NULL);
    return STATUS_OK;
}

static int print_type_names(const struct context *context, connstat_t *cs, void *arg)
{
    (void)context, (void)arg;
    for (int i = 0; i < connstat_type_count(cs); i++)
        puts(connstat_type_name(cs, i));
    return STATUS_OK;
}

static int print_types(const struct call *call)
{
    return segment_read(call->context, print_type_names, NULL);
}

static const struct {
    const char *name;
    int (*print)(const struct call *call);
} subjects[] = {
    {"bash", print_bash},         {"zsh", print_zsh},     {"fish", print_fish},
    {"segments", print_segments}, {"types", print_types},
};

static int run(const struct call *call)
{
    struct options options;
    if (!options_parse(&options, call, NULL, NULL))
        return options.status;
    for (size_t i = 0; i < sizeof(subjects) / sizeof(*subjects); i++) {
        if (strcmp(options.operands[0], subjects[i].name) == 0)
            return subjects[i].print(call);
    }
    return usage_error(call->context, "no completions for \"%s\": bash, zsh or fish",
                       options.operands[0]);
}

const struct command command_completion = {
    .name = "completion",
    .summary = "what bash, zsh or fish need to complete these commands",
    .usage = "SHELL",
    .details = "Installed with connstat. For one session of bash:\n"
               "\n"
               "  source <(connstat completion bash)\n"
               "\n"
               "\"segments\" and \"types\" list the names that those complete.",
    .operand_choices = "bash zsh fish segments types",
    .least_operands = 1,
    .most_operands = 1,
    .run = run,
};
