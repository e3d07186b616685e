/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A prefork server in miniature: the master makes the segment and reaps, two workers register what
 * they serve, one of them is killed, and its entries are gone with it. */
#include <connstat.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void serve(connstat_t *cs, int user)
{
    struct connstat_field about[] = {connstat_int("user_id", user), connstat_text("page", "/")};
    connstat_id id;

    /* A client comes. A failure here must not cost it its connection: id is 0 then, and
     * unregistering 0 does nothing. */
    (void)connstat_register(cs, CONNSTAT_WS_SOCKET, about, 2, &id);
    pause(); /* ... it is served ... */
    (void)connstat_unregister(cs, id);
    _exit(0);
}

int main(void)
{
    connstat_t *cs;
    pid_t workers[2];
    int error = connstat_create(&cs, "prefork", NULL); /* before the fork: all share it */

    if (error < 0)
        return fprintf(stderr, "prefork: %s\n", connstat_strerror(error)), 1;
    for (int i = 0; i < 2; i++)
        if ((workers[i] = fork()) == 0)
            serve(cs, 100 + i);
    while (connstat_count(cs, CONNSTAT_WS_SOCKET) < 2)
        usleep(1000);
    printf("two workers: %d entries\n", (int)connstat_count(cs, CONNSTAT_ANY_TYPE));
    kill(workers[0], SIGKILL);
    while (connstat_reap(cs) == 0) /* a server calls connstat_reaper_start once instead */
        usleep(1000);
    printf("one was killed: %d entry\n", (int)connstat_count(cs, CONNSTAT_ANY_TYPE));
    kill(workers[1], SIGKILL);
    while (wait(NULL) > 0)
        ;
    return connstat_destroy("prefork") < 0;
}
