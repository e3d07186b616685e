/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * gameserver: the master. It makes the segment, the listeners and the workers, starts a worker
 * again that died, and passes on who went offline.
 *
 * Each worker has a listener of its own on the shared port (SO_REUSEPORT), which the master keeps:
 * clients that a dead worker had not yet accepted wait for its successor.
 */
#include "phoenix.h"
#include "process.h"
#include "server/options.h"
#include "server/presence.h"
#include "server/tracking.h"
#include "server/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LISTEN_BACKLOG   4096
#define RESTART_PAUSE_MS 1000 /* how long to wait with a worker that dies soon after each start */
#define SHUTDOWN_MS      5000

struct child {
    pid_t pid; /* 0: none runs */
    int listener, link;
    int64_t started_ms;
};

struct offline { /* the users to announce, gathered during one turn of the loop */
    int64_t users[PRESENCE_NOTES_MAX];
    size_t count;
};

static struct server_options options;
static struct child children[ROSTER_WORKERS_MAX];
static sigset_t signals_before;
static struct offline offline;

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Listen on *port; 0 means any free port, and *port is set to it. */
static int open_listener(uint16_t *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        int error = -errno;

        close(fd);
        return error;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static int open_listeners(void)
{
    for (unsigned i = 0; i < options.workers; i++) {
        children[i].listener = open_listener(&options.port);
        children[i].link = -1;
        if (children[i].listener < 0)
            return children[i].listener;
    }
    return 0;
}

/* Become a worker. It closes what the others have: an open copy of another worker's link would hide
 * that its end has closed. */
static int run_child(unsigned number, int link)
{
    for (unsigned i = 0; i < options.workers; i++) {
        if (i != number)
            close(children[i].listener);
        if (children[i].link >= 0)
            close(children[i].link);
    }
    signal(SIGINT, SIG_IGN); /* the terminal sends it to all; the master tells us to end */
    sigprocmask(SIG_SETMASK, &signals_before, NULL);
    return worker_run(&options, number, children[number].listener, link);
}

static void start_worker(unsigned number)
{
    struct child *child = &children[number];
    int ends[2];

    child->started_ms = now_ms();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        perror("gameserver: socketpair");
        return;
    }
    fflush(stdout);
    child->pid = fork();
    if (child->pid == 0) {
        close(ends[0]);
        _exit(run_child(number, ends[1]));
    }
    close(ends[1]);
    child->link = ends[0];
    if (child->pid < 0) {
        perror("gameserver: fork");
        close(child->link);
        child->link = -1;
        child->pid = 0;
    }
}

/* Tell all workers who went offline. A worker that does not read, as a stopped one, must not stop
 * the master: it misses the news. */
static void announce(void)
{
    for (unsigned i = 0; i < options.workers; i++)
        if (offline.count && children[i].link >= 0)
            send(children[i].link, offline.users, offline.count * sizeof(*offline.users),
                 MSG_DONTWAIT | MSG_NOSIGNAL);
    offline.count = 0;
}

static void collect_offline(int64_t user, void *arg)
{
    (void)arg;
    if (offline.count == PRESENCE_NOTES_MAX)
        announce();
    offline.users[offline.count++] = user;
}

static void read_link(unsigned number)
{
    struct presence_note notes[PRESENCE_NOTES_MAX];
    ssize_t got;

    while ((got = recv(children[number].link, notes, sizeof(notes), MSG_DONTWAIT)) > 0)
        for (size_t i = 0; i < (size_t)got / sizeof(*notes); i++)
            roster_note(number, &notes[i], collect_offline, NULL);
    if (got == 0) { /* it dies: SIGCHLD tells how */
        close(children[number].link);
        children[number].link = -1;
    }
}

static void report_death(unsigned number, pid_t pid, int status)
{
    if (WIFSIGNALED(status))
        fprintf(stderr,
                "gameserver: worker %u (pid %d) was killed by signal %d; starting another\n",
                number, pid, WTERMSIG(status));
    else
        fprintf(stderr, "gameserver: worker %u (pid %d) exited with %d; starting another\n", number,
                pid, WEXITSTATUS(status));
}

static void bury(unsigned number, int status)
{
    struct child *child = &children[number];

    report_death(number, child->pid, status);
    if (child->link >= 0)
        read_link(number); /* its last words */
    if (child->link >= 0)
        close(child->link);
    child->link = -1;
    child->pid = 0;
    tracking_reap();
    roster_worker_died(number, collect_offline, NULL);
}

static void bury_the_dead(void)
{
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (unsigned i = 0; i < options.workers; i++)
            if (children[i].pid == pid)
                bury(i, status);
}

/* Start the workers that are due. Returns in how many milliseconds the next one is due; -1: none
 * is. */
static int start_missing_workers(void)
{
    int wait = -1;

    for (unsigned i = 0; i < options.workers; i++) {
        int64_t due = children[i].started_ms + RESTART_PAUSE_MS - now_ms();

        if (children[i].pid)
            continue;
        if (due > 0 && children[i].started_ms)
            wait = wait < 0 || due < wait ? (int)due : wait;
        else
            start_worker(i);
    }
    return wait;
}

/* Serve until SIGTERM or SIGINT comes. */
static void serve(int signal_fd)
{
    struct pollfd fds[ROSTER_WORKERS_MAX + 1];
    struct signalfd_siginfo info;

    for (;;) {
        int wait = start_missing_workers();

        for (unsigned i = 0; i < options.workers; i++)
            fds[i] = (struct pollfd){.fd = children[i].link, .events = POLLIN};
        fds[options.workers] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
        poll(fds, options.workers + 1, wait);
        for (unsigned i = 0; i < options.workers; i++)
            if (fds[i].fd >= 0 && fds[i].revents)
                read_link(i);
        while (read(signal_fd, &info, sizeof(info)) == sizeof(info))
            if (info.ssi_signo != SIGCHLD)
                return;
        bury_the_dead();
        announce();
    }
}

/* Close the worker's link, which tells it to end, and kill it if it does not. */
static void stop_worker(struct child *child, int64_t deadline_ms)
{
    if (!child->pid)
        return;
    while (waitpid(child->pid, NULL, WNOHANG) == 0) {
        if (now_ms() >= deadline_ms)
            kill(child->pid, SIGKILL);
        usleep(2000);
    }
}

static void stop_workers(void)
{
    int64_t deadline_ms = now_ms() + SHUTDOWN_MS;

    for (unsigned i = 0; i < options.workers; i++)
        if (children[i].link >= 0)
            close(children[i].link);
    for (unsigned i = 0; i < options.workers; i++)
        stop_worker(&children[i], deadline_ms);
}

int main(int argc, char **argv)
{
    sigset_t signals;
    int error, signal_fd;

    options = server_options_read(argc, argv);
    raise_descriptor_limit();
    error = open_listeners();
    if (error) {
        fprintf(stderr, "gameserver: cannot listen on 127.0.0.1:%u: %s; choose another --port\n",
                options.port, strerror(-error));
        return 1;
    }
    error =
        options.tracking ? tracking_start(options.name, options.capacity, options.max_capacity) : 0;
    if (error) {
        fprintf(stderr, "gameserver: cannot make the segment \"%s\": %s\n", options.name,
                strerror(-error));
        return 1;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &signals_before);
    signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    printf("gameserver: ws://127.0.0.1:%u%s, %u workers, %s%s\n", options.port, PHOENIX_PATH,
           options.workers, options.tracking ? "segment " : "tracking off",
           options.tracking ? options.name : "");
    fflush(stdout);
    serve(signal_fd);
    stop_workers();
    tracking_stop(options.name);
    return 0;
}
