/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat exec: register this process and become a program. The entry goes when the program
 * ends, however it ends.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/segment.h"
#include "common/failure.h"
#include "common/output.h"
#include "format/metadata.h"

enum { MAX_FIELDS = 64, STATUS_CANNOT_RUN = 126, STATUS_NOT_FOUND = 127 };

static const struct command_option exec_options[] = {
    {'t', "type", "TYPE", "register it as this type (the segment's first)", CHOOSE_TYPE},
    {'l', "label", "TEXT", "the worker's label (the program's name)", NULL},
    {'k', "key", "KEY", "find it by this key: a number, a UUID, ip:ADDRESS or a text", NULL},
    {'m', "limit", "N", "refuse if N of this type and key live already", NULL},
    {0},
};

struct job {
    const char *type_name, *label;
    bool has_key;
    struct connstat_key key;
    uint64_t limit; /* 0: none */
    struct connstat_field fields[MAX_FIELDS];
    size_t field_count;
    char **program;
};

static int refuse(const struct context *context, int error)
{
    const char *name = segment_name(context->segment);
    switch (-error) {
    case EDQUOT:
        return failure("refused: as many of this type and key live already as --limit allows");
    case ENOSPC:
        return failure("refused: every slot of this type in segment \"%s\" is taken", name);
    case EUSERS:
        return failure("refused: segment \"%s\" has no room for another worker", name);
    case EMSGSIZE:
        return failure("refused: the metadata does not fit; \"connstat create\" can make a segment "
                       "with a larger --metadata-bytes");
    case EINVAL:
        return usage_error(context, "refused: a field's name appears twice, or text is not UTF-8");
    default:
        return segment_failure(context->segment, error);
    }
}

static int enter(connstat_t *cs, const struct job *job, int type)
{
    connstat_id id;
    int error = connstat_join(cs, job->label ? job->label : job->program[0]);
    if (error == 0)
        error = connstat_keep_on_exec(cs, true);
    if (error < 0)
        return error;
    if (!job->has_key)
        return connstat_register(cs, type, job->fields, job->field_count, &id);
    return connstat_register_key(cs, type, job->key, (uint32_t)job->limit, job->fields,
                                 job->field_count, &id);
}

static int become(char **program)
{
    output_restore_signals();
    execvp(program[0], program);
    int error = errno;
    failure("cannot run %s: %s", program[0], strerror(error));
    return error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

/* Returns only where it was refused, or the program could not be run. */
static int register_and_become(const struct context *context, connstat_t *cs, void *arg)
{
    const struct job *job = arg;
    int type, status;
    if (!segment_type(context, cs, job->type_name, &type, &status))
        return status;
    int error = enter(cs, job, type == CONNSTAT_ANY_TYPE ? 0 : type);
    return error < 0 ? refuse(context, error) : become(job->program);
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct job *job = arg;
    switch (id) {
    case 't':
        job->type_name = options->value;
        return true;
    case 'l':
        job->label = options->value;
        return true;
    case 'k':
        return job->has_key = options_key(options, &job->key);
    default:
        return options_number(options, 1, UINT32_MAX, &job->limit);
    }
}

/* field=value ... up to "--" or to the first word without "=", as in env(1). */
static bool take_operands(struct options *options, struct job *job)
{
    char **word = options->operands;
    while (*word && strcmp(*word, "--") != 0 && strchr(*word, '=')) {
        if (job->field_count == MAX_FIELDS || !field_parse(*word, &job->fields[job->field_count])) {
            options->status =
                usage_error(options->context, "no field=value, or too many: \"%s\"", *word);
            return false;
        }
        job->field_count++;
        word++;
    }
    if (*word && strcmp(*word, "--") == 0)
        word++;
    job->program = word;
    if (!*word)
        options->status = usage_error(options->context, "which program? It follows after --");
    return *word != NULL;
}

static int run(const struct call *call)
{
    const struct context *context = call->context;
    static struct job job;
    struct options options;
    if (!options_parse(&options, call, take_option, &job) || !take_operands(&options, &job))
        return options.status;
    if (job.limit > 0 && !job.has_key)
        return usage_error(context, "--limit needs the --key that it limits");
    return segment_write(context, register_and_become, &job);
}

const struct command command_exec = {
    .name = "exec",
    .summary = "register a process for as long as it lives, and become a program",
    .usage = "[OPTION]... [FIELD=VALUE]... -- PROGRAM [ARGUMENT]...",
    .details =
        "Values that are written as output writes integers, decimal fractions, true or false are\n"
        "stored as such; 007 and 1.10 stay text.\n"
        "The exit status is the program's; 126 and 127: it could not be run, was not found.\n"
        "\n"
        "  connstat exec --type ws_socket user_id=42 -- socat - TCP:chat:7000\n"
        "  connstat exec --key backup --limit 1 -- ./backup",
    .options = exec_options,
    .wraps_program = true,
    .run = run,
};
