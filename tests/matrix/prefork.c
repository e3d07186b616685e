/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * A prefork server in small, for a libc that has no test framework: a worker is killed, and what it
 * had is gone.
 */
#include <connstat.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                           \
    ((condition) ? (void)0                                                                         \
                 : (fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition),  \
                    exit(1)))

static void serve(connstat_t *cs, int ready)
{
    const struct connstat_field about[] = {connstat_int("user_id", 42),
                                           connstat_text("addr", "10.0.0.7")};
    connstat_id id;

    CHECK(connstat_register(cs, CONNSTAT_WS_SOCKET, about, 2, &id) == 0);
    CHECK(connstat_unregister(cs, id) == 0);
    CHECK(connstat_register(cs, CONNSTAT_WS_SOCKET, about, 2, &id) == 0);
    CHECK(write(ready, ".", 1) == 1);
    pause();
}

int main(void)
{
    char directory[] = "/dev/shm/connstat-prefork-XXXXXX", byte;
    struct connstat_counts counts;
    connstat_t *cs;
    int ready[2];
    pid_t worker;

    CHECK(mkdtemp(directory) != NULL && setenv("CONNSTAT_DIR", directory, 1) == 0);
    CHECK(connstat_create(&cs, "prefork", NULL) == 0 && pipe(ready) == 0);
    worker = fork();
    CHECK(worker >= 0);
    if (worker == 0)
        serve(cs, ready[1]);
    CHECK(read(ready[0], &byte, 1) == 1);
    CHECK(connstat_counts(cs, &counts) == 0 && counts.total_connections == 1);
    CHECK(kill(worker, SIGKILL) == 0 && waitpid(worker, NULL, 0) == worker);
    CHECK(connstat_reap(cs) == 1);
    CHECK(connstat_count(cs, CONNSTAT_ANY_TYPE) == 0 && connstat_check(cs, NULL, NULL) == 0);
    connstat_close(cs);
    CHECK(connstat_destroy("prefork") == 0);
    (void)rmdir(directory);
    return 0;
}
