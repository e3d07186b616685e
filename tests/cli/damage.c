/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * Every command that reads, on a segment of which one bit or more are wrong, or the end is
 * missing: each time an answer or a clear error, never a crash (a sanitized build looks closely)
 * or a hang. The commands run in this process: a hundred thousand new ones would take hours.
 *
 *     damage ROUNDS [SEED]
 */
#include <connstat.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "common/failure.h"

enum { LONGEST_S = 30, ROUNDS_A_CUT = 20, HEAD_BYTES = 4096, MOST_ARGUMENTS = 6 };

extern const struct command command_counts, command_list, command_count, command_get,
    command_workers, command_deaths, command_totals, command_system, command_ls, command_check,
    command_doctor, command_audit;

static char directory[] = "/dev/shm/connstat-damage.XXXXXX";
static char id_text[24];

static const struct run {
    const struct command *command;
    enum format format;
    const char *arguments[MOST_ARGUMENTS];
} runs[] = {
    {&command_counts, FORMAT_TABLE, {"counts"}},
    {&command_list, FORMAT_TABLE, {"list"}},
    {&command_list, FORMAT_JSON, {"list", "--where", "user_id>3"}},
    {&command_list, FORMAT_CSV, {"list", "--sort", "name"}},
    {&command_list, FORMAT_JSONL, {"list", "--group-by", "user_id"}},
    {&command_list, FORMAT_WIDE, {"list", "--key", "user:1", "--older", "0"}},
    {&command_list, FORMAT_JSON, {"list", "--net", "--sort", "-rtt"}},
    {&command_audit, FORMAT_JSON, {"audit", "--interval", "0.01"}},
    {&command_count, FORMAT_TABLE, {"count", "--key", "user:1"}},
    {&command_get, FORMAT_TABLE, {"get", id_text}},
    {&command_workers, FORMAT_WIDE, {"workers"}},
    {&command_deaths, FORMAT_JSON, {"deaths"}},
    {&command_totals, FORMAT_TABLE, {"totals"}},
    {&command_system, FORMAT_TABLE, {"system"}},
    {&command_ls, FORMAT_WIDE, {"ls"}},
    {&command_check, FORMAT_TABLE, {"check"}},
    {&command_doctor, FORMAT_TABLE, {"doctor"}},
};

static uint64_t random_state;
static FILE *terminal; /* the real standard error; the commands write into /dev/null */
static uint64_t round_number;
static const char *running = "nothing";

static uint64_t random_below(uint64_t bound)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % bound;
}

static void too_long(int number)
{
    (void)number;
    fprintf(terminal, "round %llu: \"%s\" runs for more than %d s\n",
            (unsigned long long)round_number, running, LONGEST_S);
    abort();
}

static void fail(const char *what)
{
    fprintf(terminal ? terminal : stderr, "round %llu: %s\n", (unsigned long long)round_number,
            what);
    exit(1);
}

static void must(bool holds, const char *what)
{
    if (!holds)
        fail(what);
}

/* ---- the segment ---------------------------------------------------------------------------- */

static void create(void)
{
    struct connstat_type types[] = {{"one", CONNSTAT_CONNECTION, 64},
                                    {"two", CONNSTAT_CHANNEL, 64}};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;
    config.types = types;
    config.type_count = 2;
    config.max_workers = 8;
    must(connstat_create(&cs, "whole", &config) == 0, "cannot create a segment");
    connstat_close(cs);
}

/* Start a worker that registers entries and tells the id of the last one. It lives on where stays
 * is true. */
static pid_t start_worker(bool stays, int *ids)
{
    must(pipe(ids) == 0, "no pipe");
    pid_t pid = fork();
    must(pid >= 0, "no fork");
    if (pid > 0) {
        close(ids[1]);
        return pid;
    }
    connstat_t *cs;
    connstat_id id = 0;
    struct connstat_key key;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (connstat_open(&cs, "whole", 0) < 0 || connstat_join(cs, "a worker") < 0 ||
        connstat_key_text("user:1", &key) < 0)
        _exit(1);
    for (int i = 0; i < 40; i++) {
        struct connstat_field fields[] = {connstat_int("user_id", i), connstat_text("name", "ä b"),
                                          connstat_float("rtt", i / 3.0),
                                          connstat_bool("vip", i % 2)};
        if (i % 4 == 0)
            connstat_register_key(cs, i % 2, key, 0, fields, 4, &id);
        else
            connstat_register(cs, i % 2, fields, 4, &id);
    }
    (void)!write(ids[1], &id, sizeof(id));
    while (stays)
        pause();
    _exit(3);
}

static uint64_t read_id(int *ids)
{
    uint64_t id = 0;
    must(read(ids[0], &id, sizeof(id)) == sizeof(id), "a worker failed");
    close(ids[0]);
    return id;
}

static void bury(pid_t pid)
{
    connstat_t *cs;
    waitpid(pid, NULL, 0);
    must(connstat_open(&cs, "whole", 0) == 0 && connstat_reap(cs) == 1, "nobody to reap");
    connstat_close(cs);
}

static char *read_file(const char *path, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY);
    must(fd >= 0 && fstat(fd, &st) == 0, "cannot open the segment");
    *size = (size_t)st.st_size;
    char *bytes = malloc(*size);
    must(bytes && read(fd, bytes, *size) == st.st_size, "cannot read the segment");
    close(fd);
    return bytes;
}

/* ---- the rounds ----------------------------------------------------------------------------- */

static void run_commands(uint64_t tally[])
{
    for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++) {
        char words[MOST_ARGUMENTS][32], *arguments[MOST_ARGUMENTS + 1] = {NULL};
        int count = 0;
        for (; count < MOST_ARGUMENTS && runs[i].arguments[count]; count++) {
            snprintf(words[count], sizeof(words[count]), "%s", runs[i].arguments[count]);
            arguments[count] = words[count];
        }
        const struct command *command = runs[i].command;
        struct context context = {
            .command = command->name, .segment = "hurt", .format = runs[i].format};
        struct call call = {
            .context = &context, .command = command, .argc = count, .argv = arguments};
        running = arguments[0];
        alarm(LONGEST_S);
        int status = command->run(&call);
        must(status == STATUS_OK || status == STATUS_RUNTIME || status == STATUS_DAMAGED,
             "a status that is none of an answer, an error or damage");
        tally[status]++;
    }
}

struct hurt { /* the copy of the segment that is damaged */
    int fd;
    const char *whole;
    size_t size;
};

static void flip(const struct hurt *hurt, uint64_t tally[])
{
    enum { MOST = 8 };
    size_t places[MOST], count = 1 + random_below(10) / 9 * random_below(MOST);
    for (size_t i = 0; i < count; i++) {
        size_t within = random_below(3) == 0 ? HEAD_BYTES : hurt->size;
        places[i] = random_below(within);
        char byte = (char)(hurt->whole[places[i]] ^ (1 << random_below(8)));
        must(pwrite(hurt->fd, &byte, 1, (off_t)places[i]) == 1, "cannot write");
    }
    run_commands(tally);
    for (size_t i = 0; i < count; i++)
        must(pwrite(hurt->fd, hurt->whole + places[i], 1, (off_t)places[i]) == 1, "cannot write");
}

static void cut(const struct hurt *hurt, uint64_t tally[])
{
    size_t kept = random_below(2) ? random_below(hurt->size) : random_below(HEAD_BYTES);
    must(ftruncate(hurt->fd, (off_t)kept) == 0, "cannot cut");
    run_commands(tally);
    must(pwrite(hurt->fd, hurt->whole + kept, hurt->size - kept, (off_t)kept) ==
             (ssize_t)(hurt->size - kept),
         "cannot mend");
}

static void damage(const struct hurt *hurt, uint64_t rounds, uint64_t tally[])
{
    for (round_number = 0; round_number < rounds; round_number++) {
        if (round_number % ROUNDS_A_CUT == 0)
            cut(hurt, tally);
        else
            flip(hurt, tally);
    }
    alarm(0);
}

static void clean_up(void)
{
    unlink("whole.connstat");
    unlink("hurt.connstat");
    rmdir(directory);
}

static void silence(void)
{
    terminal = fdopen(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3), "w");
    must(terminal != NULL, "no terminal");
    setbuf(terminal, NULL);
    must(freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr), "no /dev/null");
}

int main(int argc, char **argv)
{
    uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    uint64_t tally[STATUS_DAMAGED + 1] = {0};
    int ids[2];
    random_state = seed * 2 + 1;
    must(mkdtemp(directory) && setenv("CONNSTAT_DIR", directory, 1) == 0 && chdir(directory) == 0,
         "no directory");
    atexit(clean_up);

    create();
    pid_t dead = start_worker(false, ids);
    read_id(ids);
    bury(dead);
    pid_t worker = start_worker(true, ids);
    snprintf(id_text, sizeof(id_text), "%llu", (unsigned long long)read_id(ids));

    struct hurt hurt = {.fd = open("hurt.connstat", O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    hurt.whole = read_file("whole.connstat", &hurt.size);
    must(write(hurt.fd, hurt.whole, hurt.size) == (ssize_t)hurt.size, "cannot copy");
    silence();
    signal(SIGALRM, too_long);
    fprintf(terminal, "seed %llu, a segment of %zu bytes\n", (unsigned long long)seed, hurt.size);
    run_commands(tally);
    must(tally[STATUS_OK] == sizeof(runs) / sizeof(*runs), "the whole segment is not read");
    damage(&hurt, rounds, tally);

    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    fprintf(terminal,
            "%llu rounds of %zu commands: %llu answers, %llu errors, %llu times damaged\n",
            (unsigned long long)rounds, sizeof(runs) / sizeof(*runs),
            (unsigned long long)tally[STATUS_OK], (unsigned long long)tally[STATUS_RUNTIME],
            (unsigned long long)tally[STATUS_DAMAGED]);
    free((void *)hurt.whole);
    return 0;
}
