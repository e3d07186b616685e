/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: connstat contributors
 */
#include "world.h"

#include <pthread.h>

enum { FULL = 8, CAPACITY = 64 };

/* ---- the functions -------------------------------------------------------------------------- */

static int visit_entry(const struct connstat_entry *entry, void *arg)
{
    (void)entry;
    (void)arg;
    return 0;
}

static int visit_worker(const struct connstat_worker *worker, void *arg)
{
    (void)worker;
    (void)arg;
    return 0;
}

static int visit_death(const struct connstat_death *death, void *arg)
{
    (void)death;
    (void)arg;
    return 0;
}

static int visit_segment(const struct connstat_segment *segment, void *arg)
{
    (void)segment;
    (void)arg;
    return 0;
}

static void create_same(struct world *w)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)w;
    config.capacity = CAPACITY;
    config.max_workers = 32;
    if (connstat_create(&cs, "test", &config) == 0)
        connstat_close(cs);
}

static void create_another(struct world *w)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)w;
    config.capacity = 32;
    if (connstat_create(&cs, "new", &config) == 0)
        connstat_close(cs);
}

static void create_in_its_place(struct world *w)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)w;
    config.capacity = 32;
    if (connstat_create(&cs, "empty", &config) == 0)
        connstat_close(cs);
}

static void create_refused(struct world *w)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;
    connstat_t *cs;

    (void)w;
    config.capacity = 32;
    CHECK(connstat_create(&cs, "test", &config) != 0);
}

static void open_and_close(struct world *w)
{
    connstat_t *cs;

    (void)w;
    if (connstat_open(&cs, "test", 0) == 0)
        connstat_close(cs);
}

static void open_read_only(struct world *w)
{
    connstat_t *cs;

    (void)w;
    if (connstat_open(&cs, "test", CONNSTAT_READ_ONLY) == 0) {
        (void)connstat_reap(cs);
        connstat_close(cs);
    }
}

static void destroy(struct world *w)
{
    (void)w;
    (void)connstat_destroy("empty");
}

static void join(struct world *w)
{
    (void)connstat_join(w->other, "label");
}

static void leave(struct world *w)
{
    (void)connstat_leave(w->cs);
}

static void own_by_thread(struct world *w)
{
    (void)connstat_own_by_thread(w->cs, true);
}

static void keep_on_exec(struct world *w)
{
    (void)connstat_keep_on_exec(w->other, true);
    (void)connstat_keep_on_exec(w->other, false);
}

static void first_register(struct world *w)
{
    connstat_id id;

    if (connstat_register(w->other, 0, NULL, 0, &id) == 0)
        CHECK(connstat_count(w->other, 0) == 1);
}

static void register_more(struct world *w)
{
    const struct connstat_field field = connstat_text("name", "value");
    connstat_id id;

    (void)connstat_register(w->cs, 0, &field, 1, &id);
}

static void register_encoded(struct world *w)
{
    connstat_id id;

    (void)connstat_register_encoded(w->cs, 0, NULL, 0, &id);
}

static void register_full(struct world *w)
{
    connstat_id id;

    (void)connstat_register(w->cs, FULL, NULL, 0, &id);
}

static void register_first_key(struct world *w)
{
    connstat_id id;

    (void)connstat_register_key(w->cs, 3, connstat_key_u64(1), 0, NULL, 0, &id);
}

static void register_limited(struct world *w)
{
    connstat_id id;

    (void)connstat_register_key(w->cs, 1, connstat_key_u64(7), 1, NULL, 0, &id);
}

static void unregister(struct world *w)
{
    (void)connstat_unregister(w->cs, w->id);
}

static void unregister_stale(struct world *w)
{
    (void)connstat_unregister(w->cs, w->id + 1);
    (void)connstat_unregister(w->other, w->id);
}

static void types(struct world *w)
{
    (void)connstat_type_count(w->read_only);
    (void)connstat_type_find(w->read_only, "lobby_channel");
    (void)connstat_type_name(w->read_only, 2);
    (void)connstat_type_kind(w->read_only, 2);
    (void)connstat_type_capacity(w->read_only, 2);
}

static void count(struct world *w)
{
    struct connstat_counts counts;
    struct connstat_totals totals;

    (void)connstat_count(w->cs, CONNSTAT_ANY_TYPE);
    (void)connstat_counts(w->cs, &counts);
    (void)connstat_totals(w->cs, &totals);
    (void)connstat_count_key(w->cs, 1, connstat_key_u64(7));
}

static void list(struct world *w)
{
    (void)connstat_for_each(w->cs, CONNSTAT_ANY_TYPE, visit_entry, NULL);
    (void)connstat_for_each_encoded(w->cs, 0, visit_entry, NULL);
    (void)connstat_for_each_key(w->cs, 1, connstat_key_u64(7), visit_entry, NULL);
    (void)connstat_get(w->cs, w->id, visit_entry, NULL);
}

static void workers(struct world *w)
{
    (void)connstat_for_each_worker(w->cs, visit_worker, NULL);
}

static void deaths(struct world *w)
{
    (void)connstat_for_each_death(w->cs, visit_death, NULL);
}

static void reap(struct world *w)
{
    (void)connstat_reap(w->cs);
}

static void reap_read_only(struct world *w)
{
    (void)connstat_reap(w->read_only);
}

static void reaper(struct world *w)
{
    (void)connstat_reaper_start(w->cs);
    (void)connstat_reaper_stop(w->cs);
}

static void reaper_fd(struct world *w)
{
    (void)connstat_reaper_fd(w->cs);
}

static void cluster(struct world *w)
{
    struct connstat_cluster_update update = {.size = sizeof(update), .nodes = 2, .lease_ms = 1000};
    struct connstat_cluster_counts counts;
    struct connstat_cluster_info info;

    (void)connstat_cluster_publish(w->cs, &update);
    (void)connstat_cluster_counts(w->cs, &counts);
    (void)connstat_cluster_info(w->cs, &info);
    (void)connstat_cluster_withdraw(w->cs);
}

static void system_stats(struct world *w)
{
    struct connstat_system out;

    (void)connstat_system_stats(w->cs, &out);
}

static void info(struct world *w)
{
    struct connstat_info out;

    (void)connstat_info(w->cs, &out);
}

static void segments(struct world *w)
{
    (void)w;
    (void)connstat_for_each_segment(visit_segment, NULL);
}

static void check(struct world *w)
{
    (void)connstat_check(w->cs, NULL, NULL);
}

static void repair(struct world *w)
{
    (void)connstat_repair(w->cs);
}

static void close_one(struct world *w)
{
    connstat_close(w->other);
    w->other = NULL;
}

static void paths(struct world *w)
{
    char path[300];

    (void)w;
    (void)connstat_path("test", path, sizeof(path));
    (void)connstat_directory(path, sizeof(path));
}

const struct function functions[] = {
    {"create, attaching", create_same},
    {"create, new", create_another},
    {"create, replacing", create_in_its_place},
    {"create, refused", create_refused},
    {"open", open_and_close},
    {"open read-only", open_read_only},
    {"destroy", destroy},
    {"join", join},
    {"leave", leave},
    {"own_by_thread", own_by_thread},
    {"keep_on_exec", keep_on_exec},
    {"register, first", first_register},
    {"register", register_more},
    {"register_encoded", register_encoded},
    {"register, full", register_full},
    {"register_key, first", register_first_key},
    {"register_key, limited", register_limited},
    {"unregister", unregister},
    {"unregister, stale", unregister_stale},
    {"types", types},
    {"counts", count},
    {"for_each", list},
    {"for_each_worker", workers},
    {"for_each_death", deaths},
    {"reap", reap},
    {"reap read-only", reap_read_only},
    {"reaper_start, reaper_stop", reaper},
    {"reaper_fd", reaper_fd},
    {"cluster", cluster},
    {"system_stats", system_stats},
    {"info", info},
    {"for_each_segment", segments},
    {"check", check},
    {"repair", repair},
    {"close", close_one},
    {"path", paths},
};
const size_t function_count = COUNT(functions);

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

static void make(connstat_t **cs, const char *name)
{
    struct connstat_config config = CONNSTAT_CONFIG_INIT;

    config.capacity = CAPACITY;
    config.max_workers = 32;
    CHECK(connstat_create(cs, name, &config) == 0);
}

void world_begin(struct world *world)
{
    struct child dead;
    connstat_t *empty;
    int status;

    make(&world->cs, "test");
    make(&world->other, "other");
    make(&empty, "empty");
    connstat_close(empty);
    CHECK(connstat_open(&world->read_only, "test", CONNSTAT_READ_ONLY) == 0);
    CHECK(connstat_register(world->cs, 0, NULL, 0, &world->id) == 0);
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
