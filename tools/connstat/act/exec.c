/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat exec: register this process and become a program. The entry goes when the program
 * ends, however it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "act/peer.h"
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
    {'p', "peer", NULL, "fields addr, port and socket of the client; other values are made to fit",
     NULL},
    {'r', "or-run", NULL, "run the program also where it cannot be registered", NULL},
    {0},
};

struct job {
    const char *type_name, *label;
    bool has_key;
    struct connstat_key key;
    uint64_t limit; /* 0: none */
    bool add_peer, run_anyway;
    bool decided; /* it is registered, or its limit is reached */
    int errors;   /* where standard error led, while it is hushed; else -1 */
    struct peer peer;
    struct connstat_field fields[MAX_FIELDS + 3]; /* and the peer's */
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

static bool has_field(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->field_count; i++) {
        if (strcmp(job->fields[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool is_empty(const struct connstat_field *field)
{
    return field->type == CONNSTAT_TEXT && *field->value.text == '\0';
}

/* Values from elsewhere may be empty, as those of an environment often are. */
static void drop_empty(struct job *job)
{
    size_t kept = 0;
    for (size_t i = 0; i < job->field_count; i++) {
        if (!is_empty(&job->fields[i]))
            job->fields[kept++] = job->fields[i];
    }
    job->field_count = kept;
}

/* What the command line says of the client holds. */
static int add_peer(connstat_t *cs, struct job *job)
{
    static char scratch[65536];
    peer_find(&job->peer);
    if (*job->peer.addr != '\0' && !has_field(job, "addr"))
        job->fields[job->field_count++] = connstat_text("addr", job->peer.addr);
    if (job->peer.port != 0 && !has_field(job, "port"))
        job->fields[job->field_count++] = connstat_int("port", job->peer.port);
    if (job->peer.has_socket && !has_field(job, "socket"))
        job->fields[job->field_count++] = job->peer.socket;
    drop_empty(job);
    int fitted = connstat_fit(cs, job->fields, job->field_count, scratch, sizeof(scratch));
    return fitted < 0 ? fitted : 0;
}

static int enter(connstat_t *cs, struct job *job, int type)
{
    connstat_id id;
    int error = job->add_peer ? add_peer(cs, job) : 0;
    if (error == 0)
        error = connstat_join(cs, job->label ? job->label : job->program[0]);
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

/* Whom --or-run spares our troubles is not to read of them either: until speak, nothing is said to a
 * client whose socket standard error is. */
static void hush(struct job *job)
{
    int nowhere;
    job->errors = -1;
    if (!job->run_anyway || !peer_hears_errors())
        return;
    job->errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (job->errors >= 0 && nowhere >= 0)
        dup2(nowhere, STDERR_FILENO);
    if (nowhere >= 0)
        close(nowhere);
}

static void speak(struct job *job)
{
    if (job->errors < 0)
        return;
    dup2(job->errors, STDERR_FILENO);
    close(job->errors);
    job->errors = -1;
}

/* Returns only where it was refused, or the program could not be run. */
static int register_and_become(const struct context *context, connstat_t *cs, void *arg)
{
    struct job *job = arg;
    int type, status;
    if (!segment_type(context, cs, job->type_name, &type, &status))
        return status;
    int error = enter(cs, job, type == CONNSTAT_ANY_TYPE ? 0 : type);
    job->decided = error == 0 || error == -EDQUOT;
    if (error < 0)
        return refuse(context, error);
    speak(job);
    return become(job->program);
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
    case 'p':
        return job->add_peer = true;
    case 'r':
        return job->run_anyway = true;
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
    hush(&job);
    int status = segment_write(context, register_and_become, &job);
    speak(&job);
    return job.run_anyway && !job.decided ? become(job.program) : status;
}

const struct command command_exec = {
    .name = "exec",
    .summary = "register a process for as long as it lives, and become a program",
    .usage = "[OPTION]... [FIELD=VALUE]... -- PROGRAM [ARGUMENT]...",
    .details =
        "Values that are written as output writes integers, decimal fractions, true or false are\n"
        "stored as such; 007 and 1.10 stay text.\n"
        "The exit status is the program's; 126 and 127: it could not be run, was not found.\n"
        "Where that is 0 the entry was closed; any other is a death, as a signal is. Who reaps\n"
        "has to learn it: a program that ended before anybody watched it, as one of a few\n"
        "milliseconds may, or where nobody reaps, is a death of unknown cause.\n"
        "\n"
        "--peer asks the socket that standard input is, else REMOTE_ADDR, SOCAT_PEERADDR,\n"
        "NCAT_REMOTE_ADDR or SSH_CONNECTION. With it, empty values are left out, long ones\n"
        "cut, ugly ones cleaned. A reached --limit refuses with --or-run, too.\n"
        "\n"
        "  connstat exec --type ws_socket user_id=42 -- socat - TCP:chat:7000\n"
        "  connstat exec --key backup --limit 1 -- ./backup\n"
        "  socat TCP-LISTEN:7000,fork EXEC:'connstat exec --peer --or-run -- ./chat'",
    .options = exec_options,
    .wraps_program = true,
    .has_one_format = true,
    .run = run,
};
