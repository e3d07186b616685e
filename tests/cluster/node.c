/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A server for tests: a segment, and workers whose clients come and go.
 *
 *     node NAME WORKERS PAUSE [TYPE...]
 *
 * Types of their own are channels, but for those named *_socket. Nobody comes or goes while there
 * is a file PAUSE; two signals for this could overtake each other, whose handlers interrupt one
 * another. SIGTERM to its process group stops the server in order, and the segment goes. SIGKILL
 * is SIGKILL.
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

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Let one client come or go; the fewer there are, the more often one comes. */
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

static void work(connstat_t *cs, const char *pause_file)
{
    connstat_id clients[CLIENTS_MAX + 1];
    int count = 0;
    srand((unsigned)getpid());
    while (!stopping) {
        for (int i = 0; i < 20 && access(pause_file, F_OK) != 0; i++)
            step(cs, clients, &count);
        pause_ms(2);
    }
}

static void start_worker(connstat_t *cs, const char *pause_file)
{
    pid_t parent = getpid();
    if (fork() != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent)
        work(cs, pause_file);
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
    if (argc < 4 || argc > 4 + CONNSTAT_MAX_TYPES)
        return 2;
    for (int i = 4; i < argc; i++)
        types[i - 4] = (struct connstat_type){
            argv[i], strstr(argv[i], "_socket") ? CONNSTAT_CONNECTION : CONNSTAT_CHANNEL, 0};
    config.types = argc > 4 ? types : NULL;
    config.type_count = (size_t)argc - 4;
    config.capacity = 4096;

    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    int error = connstat_create(&cs, argv[1], &config);
    if (error)
        return fail("create", error);
    for (int i = atoi(argv[2]); i > 0; i--)
        start_worker(cs, argv[3]);
    while (!stopping)
        pause_ms(50);
    kill(0, SIGTERM);
    while (wait(NULL) > 0)
        ;
    connstat_close(cs);
    error = connstat_destroy(argv[1]);
    return error ? fail("destroy", error) : 0;
}
