/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 *
 * What is there before a call, and what must be true afterwards.
 */
#include "functions.h"

#include <pthread.h>
#include <sys/socket.h>

/* ---- before --------------------------------------------------------------------------------- */

static void live(struct child *self, void *arg)
{
    connstat_id id;
    connstat_t *cs;

    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 0, NULL, 0, &id) == 0);
    CHECK(connstat_register_key(cs, 1, connstat_key_u64(7), 0, NULL, 0, &id) == 0);
    child_pause(self);
}

static void fill_and_die(struct child *self, void *arg)
{
    connstat_id id;
    connstat_t *cs;

    (void)self;
    (void)arg;
    CHECK(connstat_open(&cs, "test", 0) == 0);
    for (int i = 0; i < CAPACITY; i++)
        CHECK(connstat_register(cs, FULL, NULL, 0, &id) == 0);
    _exit(0);
}

static bool hear(int fd)
{
    char byte;

    return read(fd, &byte, 1) == 1;
}

/* One type may grow, the others may not. */
struct connstat_config world_config(void)
{
    static const uint32_t maxima[] = {CAPACITY, CAPACITY, CAPACITY,      CAPACITY, CAPACITY,
                                      CAPACITY, CAPACITY, 16 * CAPACITY, CAPACITY};
    struct connstat_config config = CONNSTAT_CONFIG_INIT;

    config.capacity = CAPACITY;
    config.max_capacities = maxima;
    config.max_workers = 32;
    return config;
}

static void make(connstat_t **cs, const char *name)
{
    const struct connstat_config config = world_config();

    CHECK(connstat_create(cs, name, &config) == 0);
}

void world_begin(struct world *world)
{
    struct child dead;
    connstat_t *empty;
    connstat_id id;
    int status;

    make(&world->cs, "test");
    make(&world->other, "other");
    make(&empty, "empty");
    connstat_close(empty);
    CHECK(connstat_open(&world->read_only, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_register(world->cs, 0, NULL, 0, &world->id) == 0);
    CHECK(connstat_register_key(world->cs, 2, connstat_key_u64(7), 0, NULL, 0, &world->keyed) == 0);
    for (int i = 0; i < CAPACITY; i++)
        CHECK(connstat_register(world->cs, GROWING, NULL, 0, &id) == 0);
    world->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(world->socket >= 0);
    world->worker = child_start(live, NULL);
    CHECK(hear(world->worker.hears));
    dead = child_start(fill_and_die, NULL);
    CHECK(waitpid(dead.pid, &status, 0) == dead.pid && status == 0);
    close(dead.hears);
    close(dead.says);
}

/* ---- afterwards ----------------------------------------------------------------------------- */

static void say(const char *message, void *arg)
{
    (void)arg;
    fprintf(stderr, "check: %s\n", message);
}

static int count_worker_entries(const struct connstat_entry *entry, void *arg)
{
    struct world *world = ((void **)arg)[0];
    size_t *count = ((void **)arg)[1];

    *count += entry->pid == world->worker.pid;
    return 0;
}

static void go_through(struct world *world)
{
    size_t entries = 0;
    void *arg[] = {world, &entries};
    connstat_t *cs;
    connstat_id id;

    CHECK(connstat_open(&cs, "test", 0) == 0);
    CHECK(connstat_register(cs, 2, NULL, 0, &id) == 0);
    CHECK(connstat_for_each(cs, CONNSTAT_ANY_TYPE, count_worker_entries, arg) >= 3);
    CHECK(entries == 2);
    CHECK(connstat_reap(cs) >= 0);
    CHECK(connstat_count(cs, FULL) <= 1); /* of the dead none */
    CHECK(connstat_unregister(cs, id) == 0);
    connstat_close(cs);
}

static void *go_through_thread(void *arg)
{
    struct world *world = arg;
    int status;
    pid_t pid;

    go_through(world);
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(PATIENCE_S);
        go_through(world);
        exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    return NULL;
}

void world_end(struct world *world)
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, go_through_thread, world) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(connstat_check(world->cs, say, NULL) == 0);
    if (world->other != NULL) {
        CHECK(connstat_check(world->other, say, NULL) == 0);
        connstat_close(world->other);
    }
    connstat_close(world->read_only);
    connstat_close(world->cs);
    CHECK(write(world->worker.says, ".", 1) == 1);
    close(world->worker.says);
    close(world->worker.hears);
    CHECK(waitpid(world->worker.pid, NULL, 0) == world->worker.pid);
}
