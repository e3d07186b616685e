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
#include "common/text.h"
#include "completion/scripts.h"
#include "format/names.h"
#include "net/fields.h"

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

static int print_worker(const struct connstat_worker *worker, void *arg)
{
    (void)arg;
    printf("%d\n", (int)worker->pid);
    return 0;
}

static int print_worker_pids(const struct context *context, connstat_t *cs, void *arg)
{
    (void)context, (void)arg;
    connstat_for_each_worker(cs, print_worker, NULL);
    return STATUS_OK;
}

static int print_pids(const struct call *call)
{
    return segment_read(call->context, print_worker_pids, NULL);
}

enum { ENTRIES_LOOKED_AT = 200 };

static int print_id(const struct connstat_entry *entry, void *count)
{
    printf("%llu\n", (unsigned long long)entry->id);
    return ++*(int *)count == ENTRIES_LOOKED_AT;
}

static int print_entry_ids(const struct context *context, connstat_t *cs, void *arg)
{
    (void)context, (void)arg;
    int count = 0;
    connstat_for_each(cs, CONNSTAT_ANY_TYPE, print_id, &count);
    return STATUS_OK;
}

static int print_ids(const struct call *call)
{
    return segment_read(call->context, print_entry_ids, NULL);
}

/* Shells leave out what is there twice. */
static int print_fields_of(const struct connstat_entry *entry, void *count)
{
    for (size_t i = 0; i < entry->metadata_count; i++) {
        const char *name = entry->metadata[i].name;
        if (!name_is_of_entry(name) && !text_has_unsafe(name) && !strpbrk(name, " '\"\\$`"))
            puts(name);
    }
    return ++*(int *)count == ENTRIES_LOOKED_AT;
}

static int print_field_names(const struct context *context, connstat_t *cs, void *arg)
{
    (void)context, (void)arg;
    int count = 0;
    puts("id\ntype\npid\nkey\nstarted\nage\nidle");
    for (int i = 0; i < NET_COLUMNS; i++)
        puts(net_columns[i].name);
    connstat_for_each(cs, CONNSTAT_ANY_TYPE, print_fields_of, &count);
    return STATUS_OK;
}

static int print_fields(const struct call *call)
{
    return segment_read(call->context, print_field_names, NULL);
}

static const struct {
    const char *name;
    int (*print)(const struct call *call);
} subjects[] = {
    {"bash", print_bash},         {"zsh", print_zsh},     {"fish", print_fish},
    {"segments", print_segments}, {"types", print_types}, {"fields", print_fields},
    {"pids", print_pids},         {"ids", print_ids},
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
    .details =
        "Installed with connstat. For one session of bash:\n"
        "\n"
        "  source <(connstat completion bash)\n"
        "\n"
        "\"segments\", \"types\", \"fields\", \"pids\" and \"ids\" list what those complete.",
    .operand_choices = "bash zsh fish segments types fields pids ids",
    .least_operands = 1,
    .most_operands = 1,
    .has_one_format = true,
    .run = run,
};
