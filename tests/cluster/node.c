/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A server for tests: a segment, and workers whose clients come and go.
 *
 *     node NAME WORKERS [TYPE...]    types of their own: channels, but for those named *_socket
 *
 * SIGUSR1 to its process group pauses the coming and going, SIGUSR2 resumes it, SIGTERM stops the
 * server in order, and the segment goes. SIGKILL is SIGKILL.
 */
#include <connstat.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 100

static volatile sig_atomic_t paused, stopping;

static void on_signal(int number)
{
    if (number == SIGTERM)
        stopping = 1;
    else
        paused = number == SIGUSR1;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* One client comes or goes: more often comes while few are there. */
static void step(connstat_t *cs, connstat_id *clients, int *count)
{
    if (rand() % CLIENTS_MAX >= *count) {
        int type = rand() % connstat_type_count(cs);
        if (connstat_register(cs, type, NULL, 0, &clients[*count]) == 0)
            ++*count;
    } else {
        int gone = rand() % *count;
        connstat_unregister(cs, clients[gone]);
        clients[gone] = clients[--*count];
    }
}

static void work(connstat_t *cs)
{
    connstat_id clients[CLIENTS_MAX + 1];
    int count = 0;
    srand((unsigned)getpid());
    while (!stopping) {
        for (int i = 0; i < 20 && !paused; i++)
            step(cs, clients, &count);
        pause_ms(2);
    }
}

static void start_worker(connstat_t *cs)
{
    pid_t parent = getpid();
    if (fork() != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        work(cs);
    _exit(0);
}

static int fail(const char *what, int error)
{
    fprintf(stderr, "%s: %s\n", what, strerror(-error));
    return 1;
}

int main(int argc, char **argv)
{
    struct connstat_type types[CONNSTAT_MAX_TYPES];
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;
    if (argc < 3 || argc > 3 + CONNSTAT_MAX_TYPES)
        return 2;
    for (int i = 3; i < argc; i++)
        types[i - 3] = (struct connstat_type){
            argv[i], strstr(argv[i], "_socket") ? CONNSTAT_CONNECTION : CONNSTAT_CHANNEL, 0};
    config.types = argc > 3 ? types : NULL;
    config.type_count = (size_t)argc - 3;
    config.capacity = 4096;

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    int error = connstat_create(&cs, argv[1], &config);
    if (error)
        return fail("create", error);
    for (int i = atoi(argv[2]); i > 0; i--)
        start_worker(cs);
    while (!stopping)
        pause_ms(50);
    kill(0, SIGTERM);
    while (wait(NULL) > 0)
        ;
    connstat_close(cs);
    error = connstat_destroy(argv[1]);
    return error ? fail("destroy", error) : 0;
}
