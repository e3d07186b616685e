/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * connstat serve: the page, the metrics and the interface for programs, over HTTP.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/options.h"
#include "common/failure.h"
#include "common/notify.h"
#include "serve/http/listener.h"
#include "serve/http/privileges.h"
#include "serve/server.h"

enum { OPTION_TOKEN = OPTION_LONG, OPTION_HOST, OPTION_USER, OPTION_ALL, OPTION_AUDIT };

static const struct command_option options_of_serve[] = {
    {OPTION_ALL, "all", NULL, "serve all segments of this machine, as they come and go", NULL},
    {'l', "listen", "ADDRESS:PORT", "where to listen (127.0.0.1:9464); port 0: a free one", NULL},
    {OPTION_TOKEN, "token-file", "FILE", "ask for the token in its first line", CHOOSE_FILE},
    {OPTION_HOST, "allow-host", "NAME", "answer to this name too, as in http://NAME:9464", NULL,
     .is_repeatable = true},
    {OPTION_AUDIT, "audit", "TIME",
     "compare entries with the kernel's sockets so often, as connstat audit", NULL},
    {OPTION_USER, "user", "NAME", "become this user, when started by root (nobody)", NULL},
    {0},
};

struct serve_options {
    const char *listen, *user, *token_file;
    bool all;
    double audit_seconds; /* 0: never */
    struct admission admission;
};

/* Two looks, a second apart, lie in a period. */
static bool take_audit(struct options *options, struct serve_options *serve)
{
    if (!options_interval(options, &serve->audit_seconds))
        return false;
    if (serve->audit_seconds >= 2)
        return true;
    options->status = usage_error(options->context, "--audit is 2s to 1d");
    return false;
}

static bool take_option(struct options *options, int id, void *arg)
{
    struct serve_options *serve = arg;
    if (id == OPTION_ALL) {
        serve->all = true;
    } else if (id == OPTION_AUDIT) {
        return take_audit(options, serve);
    } else if (id == 'l') {
        serve->listen = options->value;
    } else if (id == OPTION_TOKEN) {
        serve->token_file = options->value;
    } else if (id == OPTION_USER) {
        serve->user = options->value;
    } else if (!admission_allow_host(&serve->admission, options->value)) {
        options->status = usage_error(options->context, "--allow-host may be given %d times",
                                      ADMISSION_MAX_HOSTS);
        return false;
    }
    return true;
}

/* Refuse a name that no segment can have. A segment that is not there may still come. */
static int check_names(const struct context *context, const struct serve_options *serve)
{
    if (serve->all && context->segment_count > 0)
        return usage_error(context, "--all serves every segment: leave -n out");
    if (context->segment_count > SUBJECTS_MAX)
        return usage_error(context, "at most %d segments may be named: --all serves every one",
                           SUBJECTS_MAX);
    for (size_t i = 0; i < context->segment_count; i++) {
        connstat_t *cs = NULL;
        int error = connstat_open(&cs, context->segments[i], CONNSTAT_READ_ONLY);
        connstat_close(cs);
        if (error == -EINVAL)
            return segment_failure(context->segments[i], error);
    }
    return STATUS_OK;
}

static int check(const struct context *context, struct serve_options *serve,
                 struct listener *listener)
{
    const char *problem = listener_parse(listener, serve->listen);
    if (problem)
        return usage_error(context, "--listen \"%s\": %s", serve->listen, problem);
    if (!serve->token_file && !listener_is_loopback(listener))
        return usage_error(context,
                           "other machines can reach %s: give --token-file FILE, or listen on "
                           "127.0.0.1",
                           serve->listen);
    int status = check_names(context, serve);
    if (status != STATUS_OK)
        return status;
    problem = serve->token_file ? admission_read_token(&serve->admission, serve->token_file) : NULL;
    if (problem)
        return failure("serve: token file %s: %s", serve->token_file, problem);
    return STATUS_OK;
}

static void wait_for_signal(const sigset_t *signals)
{
    int signal;
    while (sigwait(signals, &signal) != 0)
        continue;
}

static int serve(struct server *server, const struct listener *listener,
                 const char *const *segments, size_t count, double audit_seconds)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    /* Blocked before the threads are made, which inherit that: so the signals wait for this
     * thread. */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    int error = server_start(server, listener->socket, segments, count, audit_seconds);
    if (error != 0)
        return failure("serve: %s", strerror(-error));
    char address[LISTENER_TEXT_BYTES];
    printf("http://%s\n", listener_text(listener, address));
    fflush(stdout);
    notify(NOTIFY_READY);
    wait_for_signal(&signals);
    notify(NOTIFY_STOPPING);
    server_stop(server);
    return STATUS_OK;
}

static int run(const struct call *call)
{
    struct context *context = call->context;
    static struct server server;
    struct serve_options given = {.listen = "127.0.0.1:9464"};
    struct listener listener;
    struct options options;
    char problem[256];

    admission_init(&given.admission);
    if (!options_parse(&options, call, take_option, &given))
        return options.status;
    if (!given.all && context->segment_count == 0)
        context->segments[context->segment_count++] = segment_name(NULL);
    int status = check(context, &given, &listener);
    if (status != STATUS_OK)
        return status;
    int error = listener_open(&listener);
    if (error != 0)
        return failure("serve: cannot listen on %s: %s", given.listen, strerror(-error));
    if (privileges_drop(given.user, context->segments, context->segment_count, problem,
                        sizeof(problem)) != 0)
        return failure("serve: %s", problem);
    server.service.admission = given.admission;
    return serve(&server, &listener, context->segments, context->segment_count,
                 given.audit_seconds);
}

const struct command command_serve = {
    .name = "serve",
    .summary = "serve the dashboard, Prometheus metrics and a JSON interface over HTTP",
    .usage = "[OPTION]...",
    .details =
        "Answers on http://127.0.0.1:9464 until it is told to stop: / is the dashboard, /metrics "
        "is for Prometheus, /api/v1 lists the paths for programs, /events is a stream of samples, "
        "/healthz tells whether there is a segment. A segment may come, go and be replaced "
        "while it runs.\n\n"
        "Several segments are served where -n NAME is given several times, and all of this "
        "machine with --all; each has its label in the metrics, \"segment=NAME\" chooses one "
        "elsewhere, and the page has a switch.\n\n"
        "On an address that other machines reach it asks for a token (--token-file), sent as "
        "\"Authorization: Bearer TOKEN\"; the page has a field for it. What it says is not "
        "encrypted: between machines put a proxy with TLS before it.\n\n"
        "It answers only to addresses, localhost, this machine's name and the names given by "
        "--allow-host, so that no other site can reach it through a visitor's browser.\n\n"
        "With --audit 60s it also tells what the server leaks: connstat_leaked_entries and\n"
        "connstat_unregistered_sockets in the metrics, and the alerts leaked and unregistered. It "
        "must be in the server's network namespace.\n\n"
        "Started by root it becomes the user nobody with the segments' groups. Memory and open "
        "files of the workers are shown for processes of its own user only: --user takes "
        "theirs.",
    .options = options_of_serve,
    .takes_segments = true,
    .has_one_format = true,
    .run = run,
};
