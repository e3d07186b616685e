/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "common.h"

#include "scratch.h"
#include "segment.h"

#include <argp.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OPT_QUICK = 256 };

static error_t parse_one(int key, char *text, struct argp_state *state)
{
    struct common *common = state->input;
    switch (key) {
    case 'r':
        common->reps = (unsigned)strtoul(text, NULL, 10);
        if (common->reps < 1 || common->reps > SAMPLES_MAX)
            argp_error(state, "repetitions are 1 to %d", SAMPLES_MAX);
        break;
    case OPT_QUICK:
        common->quick = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s' is no option", text);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

void common_start(struct common *common, int argc, char **argv, const char *doc)
{
    static const struct argp_option table[] = {
        {"reps", 'r', "N", 0, "Repetitions", 0},
        {"quick", OPT_QUICK, NULL, 0, "Small and short, to see that it works", 0},
        {0},
    };
    struct argp argp = {table, parse_one, NULL, doc, NULL, NULL, NULL};
    common->quick = false;
    common->reps = 0;
    argp_parse(&argp, argc, argv, 0, NULL, common);
    if (common->reps == 0)
        common->reps = common->quick ? 3 : 15;
    scratch_make();
}

struct holder {
    sem_t ready, go;
    pid_t pid;
};

static _Noreturn void holder_main(struct holder *holder, connstat_t *cs,
                                  const struct workload *workload, uint64_t entries)
{
    must(connstat_join(cs, "holder"), "connstat_join");
    for (uint64_t i = 0; i < entries; i++) {
        const struct record *record = &workload->records[i % WORKLOAD_RECORDS];
        connstat_id id;
        must(connstat_register_encoded(cs, 0, record->encoded, record->size, &id),
             "connstat_register_encoded");
    }
    sem_post(&holder->ready);
    while (sem_wait(&holder->go) != 0)
        ;
    must(connstat_leave(cs), "connstat_leave");
    _exit(0);
}

static bool holder_ended(struct holder *holder)
{
    return waitpid(holder->pid, NULL, WNOHANG) != 0;
}

struct holder *holder_start(connstat_t *cs, const struct workload *workload, uint64_t entries)
{
    struct holder *holder = shared_alloc(sizeof(*holder));
    sem_init(&holder->ready, 1, 0);
    sem_init(&holder->go, 1, 0);
    pid_t pid = fork_helper();
    if (pid == 0)
        holder_main(holder, cs, workload, entries);
    holder->pid = pid;
    for (;;) {
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec++;
        if (sem_timedwait(&holder->ready, &soon) == 0)
            return holder;
        if (interrupted() || holder_ended(holder))
            bench_fail("a worker ended early");
    }
}

pid_t holder_pid(const struct holder *holder)
{
    return holder->pid;
}

static void holder_wait(struct holder *holder)
{
    while (waitpid(holder->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    shared_free(holder, sizeof(*holder));
}

void holder_stop(struct holder *holder)
{
    sem_post(&holder->go);
    holder_wait(holder);
}

void holder_kill(struct holder *holder)
{
    kill(holder->pid, SIGKILL);
    holder_wait(holder);
}

void result_print(const char *bench, const struct samples *samples, const char *members, ...)
{
    va_list args;
    va_start(args, members);
    printf("{\"bench\": \"%s\", ", bench);
    vprintf(members, args);
    va_end(args);
    printf(" \"reps\": %zu, \"median\": %.6g, \"spread\": %.3f, ", samples->count,
           samples_median(samples), samples_spread(samples));
    samples_print("samples", samples);
    printf("}\n");
}
