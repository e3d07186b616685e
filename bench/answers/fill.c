/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * fill SEGMENT N [SOCKETS]: registers N entries, each of another user, says "ready", and keeps them
 * until its input ends. With SOCKETS, it holds so many, which are connections of the loopback, and the
 * first entries name them.
 */
#include <arpa/inet.h>
#include <connstat.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

static int listener = -1;
static int accepted = -1; /* the other end of the last connection, until it is named */

static void start_listening(struct sockaddr_in *address)
{
    socklen_t size = sizeof(*address);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)address, size) < 0 || listen(listener, 128) < 0)
        perror("fill: listen");
    getsockname(listener, (struct sockaddr *)address, &size);
}

/* One end of a connection, then the other. */
static int next_socket(void)
{
    static struct sockaddr_in address;
    if (listener < 0)
        start_listening(&address);
    if (accepted >= 0) {
        int other = accepted;
        accepted = -1;
        return other;
    }
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0 || connect(client, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -1;
    accepted = accept(listener, NULL, NULL);
    return client;
}

static int enter(connstat_t *cs, long n, bool has_socket)
{
    struct connstat_field fields[4] = {
        connstat_int("user_id", n),
        connstat_text("addr", "10.0.0.7"),
        connstat_float("rtt_ms", (double)(n % 1000) / 10),
    };
    connstat_id id;
    int error = has_socket ? connstat_socket(next_socket(), &fields[3]) : 0;
    return error < 0 ? error
                     : connstat_register(cs, CONNSTAT_WS_SOCKET, fields, has_socket ? 4 : 3, &id);
}

int main(int argc, char **argv)
{
    connstat_t *cs;
    int error = argc == 3 || argc == 4 ? connstat_open(&cs, argv[1], 0) : -EINVAL;
    long count = error == 0 ? atol(argv[2]) : 0, sockets = argc == 4 ? atol(argv[3]) : 0;
    for (long n = 0; n < count && error == 0; n++)
        error = enter(cs, n, n < sockets);
    if (error != 0) {
        fprintf(stderr, "fill: %s\n", connstat_strerror(error));
        return 1;
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF)
        continue;
    connstat_close(cs);
    return 0;
}
